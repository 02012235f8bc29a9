import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, lstatSync, mkdirSync, renameSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { findStale, inodeKey, scanProcesses } from '../../../node-agent/settle/index.ts'
import { parseTreePath, toByteString } from '../../../protocol/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

const { signal } = new AbortController()

/** A child that prints a line when it is ready, and is ended with the test. */
async function child(
  program: string,
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<ChildProcess> {
  const started = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], ...options })
  onTestFinished(() => void started.kill('SIGKILL'))
  if (started.stdout !== null && program === process.execPath) await once(started.stdout, 'data')
  return started
}

const node = (code: string, options: { readonly cwd?: string } = {}): Promise<ChildProcess> =>
  child(process.execPath, ['-e', `${code}; console.log('ready'); setInterval(() => {}, 1e9)`], options)

const idOf = (path: string): readonly [bigint, bigint] => {
  const { dev, ino } = lstatSync(path, { bigint: true })
  return [dev, ino]
}

test('SETTLE-1 a file is held by the process that has it open, under whatever name, even without one', async () => {
  const folder = await tempDir()
  const file = join(folder, 'file')
  writeFileSync(file, 'old')
  const id = idOf(file)
  const { pid } = await node(`require('fs').openSync(${JSON.stringify(file)}, 'r')`)
  renameSync(file, join(folder, 'moved'))
  expect((await scanProcesses({ signal })).holders(...id).map((h) => [h.process.pid, h.use])).toEqual([[pid, 'open']])
  unlinkSync(join(folder, 'moved'))
  expect((await scanProcesses({ signal })).holds(...id)).toBe(true)
})

test('SETTLE-1 a running executable, a mapped library and a working directory are held', async () => {
  const folder = await tempDir()
  const program = join(folder, 'program')
  copyFileSync('/bin/sleep', program)
  const place = join(folder, 'place')
  mkdirSync(place)
  const started = await child(program, ['600'], { cwd: place })
  const [executable, directory] = [idOf(program), idOf(place)]
  await expect
    .poll(async () => (await scanProcesses({ signal })).holders(...executable).map((h) => h.use))
    .toEqual(expect.arrayContaining(['executable', 'mapped']))
  const table = await scanProcesses({ signal })
  expect(table.holders(...directory).map((h) => [h.process.pid, h.use])).toEqual([[started.pid, 'directory']])
  expect(table.holders(...executable)[0]?.process).toMatchObject({
    pid: started.pid,
    command: expect.stringContaining('program 600'),
  })
})

test('SETTLE-2 a process that ends while it is looked at is left out', async () => {
  const many = Array.from({ length: 20 }, (_, i) => spawn('/bin/sleep', [String(0.01 * i)]))
  const ended = Promise.all(many.map((one) => once(one, 'exit')))
  for (let i = 0; i < 10; i++) await scanProcesses({ signal })
  await ended
  const pids = new Set((await scanProcesses({ signal })).processes.map((p) => p.pid))
  expect(many.some(({ pid }) => pid !== undefined && pids.has(pid))).toBe(false)
})

test('SETTLE-2 start times, and what is cancelled', async () => {
  const before = Date.now()
  const { pid } = await node('0')
  const found = (await scanProcesses({ signal })).processes.find((p) => p.pid === pid)
  // The kernel counts in hundredths, from a boot time in seconds.
  expect(Math.abs((found?.startedAtMs ?? 0) - before)).toBeLessThan(5_000)
  await expect(scanProcesses({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'CANCELLED' })
})

/** A tree like /proc, of one process besides the first. */
async function fakeProc(files: Readonly<Record<string, string>>, pids = ['1', '12345678']): Promise<string> {
  const proc = await tempDir()
  writeFileSync(join(proc, 'stat'), 'cpu 1\nbtime 1000\n')
  for (const pid of pids) {
    mkdirSync(join(proc, pid, 'fd'), { recursive: true })
    writeFileSync(join(proc, pid, 'stat'), `${pid} (a) b) S ${Array.from({ length: 18 }, () => '0').join(' ')} 250 0`)
  }
  for (const [name, text] of Object.entries(files)) writeFileSync(join(proc, '12345678', name), text)
  return proc
}

const onlyOf = async (files: Readonly<Record<string, string>>) =>
  (await scanProcesses({ signal, proc: await fakeProc(files) })).processes.find(({ pid }) => pid === 12_345_678)

test('SETTLE-2 start times and commands come from /proc as it is', async () => {
  const found = await onlyOf({ cmdline: 'web\0\u001b[31m\0' })
  expect(found).toMatchObject({ startedAtMs: 1_002_500, unit: '' })
  expect(found?.command).not.toContain('\u001b')
  expect((await onlyOf({ cmdline: 'é'.repeat(1_000_000) }))?.command).toHaveLength(128)
  expect((await onlyOf({}))?.command).toBe('a) b')
})

test('SETTLE-6 the unit is the one that the system manager of this host can restart', async () => {
  const unit = async (cgroup: string) => (await onlyOf({ cgroup }))?.unit
  expect(await unit('0::/system.slice/web.service/inner\n')).toBe('web.service')
  expect(await unit('0::/system.slice/system-web.slice/web@1.service\n')).toBe('web@1.service')
  expect(await unit('0::/system.slice/dev-a\\x2db.service\n')).toBe('dev-a\\x2db.service')
  expect(await unit('2:pids:/other.service\n1:name=systemd:/system.slice/web.service\n0::/\n')).toBe('web.service')
  expect(await unit('0::/user.slice/user-0.slice/session-3.scope\n')).toBe('session-3.scope')
  // Units of other managers may have the name of one of this host's.
  expect(await unit('0::/system.slice/docker-1f.scope/system.slice/web.service\n')).toBe('docker-1f.scope')
  expect(await unit('0::/lxc.payload.one/system.slice/web.service\n')).toBe('')
  expect(await unit('0::/user.slice/user-9.slice/user@9.service/app.slice/web.service\n')).toBe('')
  expect(await unit('0::/system.slice/a b.service\n')).toBe('')
  expect(await unit('0::/\n')).toBe('')
})

test('SETTLE-2 it is said when processes are hidden, and one that cannot be read does not end the scan', async () => {
  expect((await scanProcesses({ signal, proc: await fakeProc({}) })).complete).toBe(true)
  expect((await scanProcesses({ signal, proc: await fakeProc({}, ['12345678']) })).complete).toBe(false)
  const proc = await fakeProc({})
  // Like a file on a network file system whose server is gone: an error that has nothing to do with processes.
  mkdirSync(join(proc, '12345678', 'cmdline'))
  const table = await scanProcesses({ signal, proc })
  expect([table.complete, table.processes.length]).toEqual([false, 2])
})

test('SETTLE-2 a scan lets others work while it looks at a process with very many files', async () => {
  const folder = await tempDir()
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const many = `const fs = require('fs'); for (let i = 0; i < 3000; i++) fs.openSync(${JSON.stringify(file)}, 'r')`
  const { pid } = await node(many)
  const proc = await fakeProc({}, ['1'])
  // Only that process, so that what else runs here does not matter.
  symlinkSync(`/proc/${pid}`, join(proc, String(pid)))
  let turns = 0
  const count = setInterval(() => turns++, 1)
  const table = await scanProcesses({ signal, proc })
  clearInterval(count)
  expect(table.holders(...idOf(file)).map((h) => [h.process.pid, h.use])).toEqual([[pid, 'open']])
  expect(turns).toBeGreaterThan(0)
})

test('SETTLE-3 who holds what was displaced is stale, strongest reason first, with the paths it had', async () => {
  const folder = await tempDir()
  const [one, two] = [join(folder, 'one'), join(folder, 'two')]
  writeFileSync(one, '1')
  copyFileSync('/bin/sleep', two)
  const opener = await node(`require('fs').openSync(${JSON.stringify(one)}, 'r')`)
  const runner = await child(two, ['600'])
  await expect.poll(async () => (await scanProcesses({ signal })).holds(...idOf(two))).toBe(true)
  const displaced = new Map([
    [inodeKey(...idOf(one)), parseTreePath('etc/one')],
    [inodeKey(...idOf(two)), parseTreePath('bin/two')],
  ])
  const stale = findStale(await scanProcesses({ signal }), { displaced })
  expect(stale).toMatchObject([
    { pid: runner.pid, why: 'executable', paths: ['bin/two'] },
    { pid: opener.pid, why: 'open', paths: ['etc/one'] },
  ])
})

test('SETTLE-4 who uses the tree and started before what it reads once was changed is stale', async () => {
  const folder = await tempDir()
  const user = await node('0', { cwd: folder })
  await node('0')
  const changed = [parseTreePath('etc/app.conf')]
  const root = toByteString(Buffer.from(folder))
  const table = await scanProcesses({ signal })
  const none = new Map<string, never>()
  const later = findStale(table, { displaced: none, watched: { changed, sinceMs: Date.now() + 10_000, root } })
  expect(later).toMatchObject([{ pid: user.pid, why: 'watched', paths: ['etc/app.conf'] }])
  expect(findStale(table, { displaced: none, watched: { changed, sinceMs: 0, root } })).toEqual([])
  expect(findStale(table, { displaced: none, watched: { changed: [], sinceMs: Date.now(), root } })).toEqual([])
})
