import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { quietHome, shoal, shoalJson, startAgent, statusOf } from '../support/processes.ts'
import { tempDir } from '../support/temp-dir.ts'

/** A mesh of a publisher and one host, whose config.toml is given; not started. */
async function oneHost(config: (root: string) => string) {
  const folder = await tempDir()
  const admin = quietHome(folder, 'admin')
  await shoalJson(admin, 'mesh', 'create', 'north')
  await startAgent(admin)
  const { ticket } = await shoalJson<{ ticket: string }>(admin, 'mesh', 'invite', 'h1', '--site', 'oslo')
  const home = quietHome(folder, 'h1')
  const root = join(folder, 'app')
  appendFileSync(join(home, 'config.toml'), config(root))
  await shoalJson(home, 'join', ticket)
  const source = join(folder, 'source')
  mkdirSync(join(source, 'etc'), { recursive: true })
  const publish = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [path, text] of Object.entries(files)) writeFileSync(join(source, path), text)
    await shoalJson(admin, 'publish', source, '--channel', 'web')
  }
  const proved = async (): Promise<void> => {
    const { code, stderr } = await shoal(admin, 'wait', '--channel', 'web', '--hosts', '1', '--timeout', '60s')
    expect(code, stderr).toBe(0)
  }
  const state = async () => (await statusOf(home)).channels[0]?.states[0]
  return { folder, admin, home, root, publish, proved, state }
}

const target = (root: string, more = ''): string => `[[target]]\nchannel = "web"\nroot = "${root}"\n${more}`

test(
  'SETTLE-20 hooks run around the commit, in order, and a hook before it keeps the old tree untouched',
  { timeout: 120_000 },
  async () => {
    const log = join(await tempDir(), 'log')
    const action = (name: string, script: string): string =>
      `[[action]]\nname = "${name}"\nrun = ["/bin/sh", "-c", '''${script}''']\n`
    const { home, root, publish, proved, state } = await oneHost(
      (at) =>
        action(
          'before',
          `echo before $SHOAL_SEQUENCE $(cat ${at}/version 2>/dev/null) >> ${log}; ! test -e ${log}.refuse`,
        ) +
        action('after', `echo after $SHOAL_SEQUENCE $(cat $SHOAL_ROOT/version) >> ${log}`) +
        action('suggested', `echo suggested >> ${log}`) +
        action('not-accepted', `echo never >> ${log}`) +
        action('health', `echo health >> ${log}`) +
        target(at, 'beforeCommit = ["before"]\nafterCommit = ["after"]\nhealth = ["health"]\naccept = ["suggested"]\n'),
    )
    await startAgent(home)
    await publish({ version: '1', 'shoal.toml': 'suggest = ["suggested", "not-accepted", "unknown"]\n' })
    await proved()
    expect(readFileSync(log, 'utf8').split('\n')).toEqual(['before 1', 'after 1 1', 'suggested', 'health', ''])
    expect(existsSync(join(root, 'shoal.toml'))).toBe(false)
    writeFileSync(`${log}.refuse`, '')
    await publish({ version: '2' })
    await expect.poll(async () => (await state())?.error?.code, { timeout: 30_000 }).toBe('HOOK_FAILED')
    expect(readFileSync(join(root, 'version'), 'utf8')).toBe('1')
    expect(await state()).toMatchObject({ sequence: 1, state: 'failed' })
  },
)

test.each(['in-place', 'swap', 'generations'])(
  'SETTLE-21 %s: a release whose health check fails is rolled back, said so, and not tried again unless told',
  { timeout: 120_000 },
  async (strategy) => {
    const { home, root, publish, proved, state } = await oneHost(
      (at) =>
        `[[action]]\nname = "check"\nrun = ["/bin/sh", "-c", "echo looked; ! test -e ${at}/broken"]\n` +
        target(at, `strategy = "${strategy}"\nhealth = ["check"]\n`),
    )
    const agent = await startAgent(home)
    await publish({ version: '1' })
    await proved()
    await publish({ version: '2', broken: 'yes' })
    await expect.poll(async () => (await state())?.state, { timeout: 30_000 }).toBe('rolled-back')
    expect(await state()).toMatchObject({
      sequence: 1,
      proved: true,
      error: { code: 'HEALTH_FAILED', message: expect.stringContaining('looked') },
    })
    expect([readFileSync(join(root, 'version'), 'utf8'), existsSync(join(root, 'broken'))]).toEqual(['1', false])
    await agent.kill()
    await startAgent(home)
    await expect.poll(async () => (await state())?.state, { timeout: 30_000 }).toBe('rolled-back')
    const first = (await state())?.commit?.at
    await shoalJson(home, 'target', 'retry', 'web')
    await expect.poll(async () => (await state())?.commit?.at, { timeout: 30_000 }).not.toBe(first)
    await expect.poll(async () => (await state())?.state, { timeout: 30_000 }).toBe('rolled-back')
    await publish({ version: '3', broken: 'yes' })
    await expect.poll(async () => (await state())?.error?.message, { timeout: 30_000 }).toContain('looked')
    expect(readFileSync(join(root, 'version'), 'utf8')).toBe('1')
  },
)

test('SETTLE-22 a lock in the home holds the commit off, and the status says who', { timeout: 120_000 }, async () => {
  const { home, root, publish, proved, state } = await oneHost((at) => target(at))
  await startAgent(home)
  await publish({ version: '1' })
  await proved()
  const holder = spawn('flock', ['--no-fork', join(home, 'locks', 'backup'), 'sh', '-c', 'echo held; exec sleep 600'])
  onTestFinished(() => void holder.kill('SIGKILL'))
  await once(holder.stdout, 'data')
  await publish({ version: '2' })
  await expect.poll(async () => (await state())?.state, { timeout: 30_000 }).toBe('held')
  expect(await state()).toMatchObject({
    error: { code: 'COMMIT_LOCKED', message: expect.stringContaining(`sleep 600 (pid ${holder.pid})`) },
  })
  expect(readFileSync(join(root, 'version'), 'utf8')).toBe('1')
  holder.kill('SIGKILL')
  await proved()
  expect(readFileSync(join(root, 'version'), 'utf8')).toBe('2')
})

/** Keeps a file open and mapped, and prints both when asked. Node.js cannot map files: where there is no Python, only the open one is tried. */
const MAPS = `
import mmap, sys
f = open(sys.argv[1], 'rb')
m = mmap.mmap(f.fileno(), 0, prot=mmap.PROT_READ)
print('ready', flush=True)
for _ in sys.stdin:
    f.seek(0)
    print(f.read().decode() + '|' + m[:].decode(), flush=True)
`
const OPENS = `
const fs = require('node:fs')
const fd = fs.openSync(process.argv[1], 'r')
console.log('ready')
process.stdin.on('data', () => {
  const bytes = Buffer.alloc(9)
  fs.readSync(fd, bytes, 0, 9, 0)
  console.log(bytes + '|' + bytes)
})
`
const hasPython = spawnSync('python3', ['-c', 'import mmap']).status === 0

const holderOf = (file: string): ChildProcess =>
  hasPython ? spawn('python3', ['-c', MAPS, file]) : spawn(process.execPath, ['-e', OPENS, file])

async function ask(holder: ChildProcess): Promise<string> {
  holder.stdin?.write('\n')
  const [bytes]: [Buffer] = (await once(holder.stdout as NonNullable<typeof holder.stdout>, 'data')) as [Buffer]
  return bytes.toString().trim()
}

test.each(['in-place', 'swap'])(
  'SETTLE-23 %s: who keeps a file open and mapped reads its old bytes through three releases, and is listed as stale',
  { timeout: 180_000 },
  async (strategy) => {
    const { home, root, publish, proved, state } = await oneHost((at) =>
      target(at, `strategy = "${strategy}"\ngrace = "0s"\nkeep = 0\nretained = "1B"\n`),
    )
    await startAgent(home)
    await publish({ file: 'the first', version: '1' })
    await proved()
    const holder = holderOf(join(root, 'file'))
    onTestFinished(() => void holder.kill('SIGKILL'))
    await once(holder.stdout as NonNullable<typeof holder.stdout>, 'data')
    for (const version of ['2', '3', '4']) {
      await publish({ file: `release ${version}`, version })
      await proved()
      expect(await ask(holder)).toBe('the first|the first')
    }
    expect(readFileSync(join(root, 'file'), 'utf8')).toBe('release 4')
    await expect
      .poll(async () => (await state())?.staleProcesses, { timeout: 20_000 })
      .toMatchObject([{ pid: holder.pid, why: hasPython ? 'mapped' : 'open', paths: ['file'] }])
    // The inode still has a name: nothing of it was deleted, although nothing else is kept.
    expect(await state()).toMatchObject({ retained: { releases: expect.any(Number) } })
    expect((await state())?.retained.heldBytes).toBeGreaterThan(0)
  },
)

test(
  'SETTLE-24 local policies and protected paths hold for a running host, and edited copies are listed',
  { timeout: 120_000 },
  async () => {
    const { home, root, publish, state } = await oneHost((at) =>
      target(at, 'protect = ["etc/own"]\n[[target.local]]\nglob = "etc/keep"\npolicy = "keep"\n'),
    )
    await startAgent(home)
    await publish({ version: '1', 'etc/keep': '1', 'etc/own': '1', 'etc/over': '1' })
    await expect.poll(async () => (await state())?.state, { timeout: 30_000 }).toBe('settled')
    for (const name of ['keep', 'over']) writeFileSync(join(root, 'etc', name), 'edited')
    await publish({ version: '2', 'etc/keep': '2', 'etc/own': '2', 'etc/over': '2' })
    await expect.poll(async () => (await state())?.sequence, { timeout: 30_000 }).toBe(2)
    const read = (name: string): string => readFileSync(join(root, 'etc', name), 'utf8')
    expect([read('keep'), existsSync(join(root, 'etc', 'own')), read('over')]).toEqual(['edited', false, '2'])
    await expect.poll(async () => (await state())?.state, { timeout: 30_000 }).toBe('settled')
    expect(await state()).toMatchObject({ proved: false, error: { message: expect.stringContaining('2 paths stay') } })
    const { stdout } = await shoal(home, 'verify', '--json')
    expect(stdout).toContain('etc/over')
    expect(readFileSync(join(root, '.shoal', 'kept', '000000000002', 'etc', 'over'), 'utf8')).toBe('edited')
  },
)
