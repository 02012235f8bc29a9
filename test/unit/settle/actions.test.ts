import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { Action } from '../../../node-agent/config/index.ts'
import {
  type ActionContext,
  checkHealth,
  ensureLocks,
  runAction,
  runActions,
  takeLocks,
  unitAction,
} from '../../../node-agent/settle/index.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { keepingLogger } from '../../support/test-mesh.ts'

const context = (more: Partial<ActionContext> = {}): ActionContext => ({
  env: { SHOAL_CHANNEL: 'web' },
  signal: new AbortController().signal,
  log: keepingLogger(),
  ...more,
})

const shell = (name: string, script: string, more: Partial<Action> = {}): Action => ({
  name,
  argv: ['/bin/sh', '-c', script],
  user: undefined,
  timeoutMs: 10_000,
  ...more,
})

test('SETTLE-10 an action runs without a shell, with a small environment, and says how it ended', async () => {
  process.env['SHOAL_TEST_SECRET'] = 'secret'
  const echo = await runAction({ ...shell('e', ''), argv: ['/bin/echo', '$HOME; x'] }, context())
  expect(echo).toMatchObject({ ok: true, tail: '$HOME; x' })
  const env = await runAction(shell('env', 'env; pwd'), context())
  expect(env.tail).toContain('SHOAL_CHANNEL=web')
  expect(env.tail).not.toContain('secret')
  expect(env.tail.split('\n').at(-1)).toBe('/')
  expect(await runAction(shell('fails', 'echo why >&2; exit 3'), context())).toMatchObject({
    ok: false,
    end: 'exited with 3',
    tail: 'why',
  })
  expect((await runAction({ ...shell('none', ''), argv: ['/no/such'] }, context())).end).toContain(
    'could not be started',
  )
  const loud = await runAction(shell('loud', 'yes | head -c 100000; printf "\\033[31mend"'), context())
  expect(loud.tail.length).toBeLessThan(5000)
  expect(loud.tail).not.toContain('\u001b')
  delete process.env['SHOAL_TEST_SECRET']
})

test('SETTLE-11 at its timeout, or when it is given up, an action ends with everything that it started', async () => {
  const folder = await tempDir()
  const pidFile = join(folder, 'pid')
  const script = `sleep 600 & echo $! > ${pidFile}; trap '' TERM; sleep 600`
  const gone = (): boolean => !existsSync(`/proc/${readFileSync(pidFile, 'utf8').trim()}/exe`)
  const abort = new AbortController()
  const running = runAction(shell('long', script, { timeoutMs: 300 }), context())
  expect(await running).toMatchObject({ ok: false, end: 'took longer than 0.3 s' })
  await expect.poll(gone).toBe(true)
  const second = runActions(['long'], [shell('long', script)], context({ signal: abort.signal }))
  setTimeout(() => abort.abort(), 200)
  await expect(second).rejects.toMatchObject({ code: 'CANCELLED' })
  await expect.poll(gone).toBe(true)
  const background = await runAction(shell('background', `sleep 600 & echo $! > ${pidFile}`), context())
  expect(background.ok).toBe(true)
  await expect.poll(gone).toBe(true)
}, 30_000)

test('SETTLE-12 actions run in order up to the first that fails, whose output is in the error', async () => {
  const folder = await tempDir()
  const mark = (name: string): Action => shell(name, `touch ${join(folder, name)}`)
  const actions = [mark('a'), shell('b', 'echo broken; exit 1'), mark('c')]
  await expect(runActions(['a', 'b', 'c'], actions, context())).rejects.toMatchObject({
    code: 'HOOK_FAILED',
    message: 'the action b exited with 1: broken',
  })
  expect([existsSync(join(folder, 'a')), existsSync(join(folder, 'c'))]).toEqual([true, false])
  await expect(runActions(['z'], actions, context())).rejects.toMatchObject({ code: 'HOOK_FAILED' })
  await expect(checkHealth(['b'], actions, context())).rejects.toMatchObject({ code: 'HEALTH_FAILED' })
  await expect(checkHealth([], actions, context())).resolves.toBeUndefined()
})

test.skipIf(process.getuid?.() !== 0)(
  'SETTLE-13 an action runs as the user that it names, without further groups',
  async () => {
    const { tail } = await runAction(shell('id', 'id -u; id -G', { user: 'nobody' }), context())
    expect(tail.split('\n')).toEqual(['65534', '65534'])
    await expect(runActions(['x'], [shell('x', 'true', { user: 'no-such-user' })], context())).rejects.toMatchObject({
      code: 'HOOK_FAILED',
    })
  },
)

test('SETTLE-14 units are restarted by name only', () => {
  expect(unitAction('restart', 'web@1.service').argv).toEqual(['/usr/bin/systemctl', 'restart', '--', 'web@1.service'])
  for (const unit of ['--force', 'a b', 'a;b', '', '../x'])
    expect(() => unitAction('reload', unit)).toThrow('no name of a systemd unit')
})

test('SETTLE-15 a commit waits for locks in the home, and knows who holds them', async () => {
  const home = await tempDir()
  ensureLocks(home)
  ensureLocks(home)
  expect(statSync(join(home, 'locks')).mode & 0o777).toBe(0o700)
  writeFileSync(join(home, 'locks', 'backup'), '')
  const holder = spawn('flock', ['--no-fork', join(home, 'locks', 'backup'), 'sh', '-c', 'echo held; exec sleep 600'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void holder.kill('SIGKILL'))
  const ended = once(holder, 'exit')
  if (holder.stdout !== null) await once(holder.stdout, 'data')
  expect(takeLocks(home)).toMatchObject({ held: [{ name: 'backup', pid: holder.pid, command: 'sleep 600' }] })
  holder.kill('SIGKILL')
  await ended
  const mine = takeLocks(home)
  const other = spawn('flock', ['--nonblock', join(home, 'locks', 'commit'), 'true'])
  expect(await once(other, 'exit')).toEqual([1, null])
  if ('release' in mine) mine.release()
})
