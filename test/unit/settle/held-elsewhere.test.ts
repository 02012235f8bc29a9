import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, lstatSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { scanProcesses } from '../../../node-agent/settle/index.ts'
import { MOUNTABLE, mountKind } from '../../support/loop-mount.ts'
import { tempDir } from '../../support/temp-dir.ts'

const { signal } = new AbortController()

const idOf = (path: string): readonly [bigint, bigint] => {
  const { dev, ino } = lstatSync(path, { bigint: true })
  return [dev, ino]
}

test.skipIf(!MOUNTABLE.includes('tmpfs'))(
  'SETTLE-1 a file of the same inode number on another file system is not held',
  async () => {
    const folder = await tempDir()
    const [one, two] = ['one', 'two'].map((name) => {
      const point = join(folder, name)
      onTestFinished(mountKind('tmpfs', '', point))
      const program = join(point, 'program')
      copyFileSync('/bin/sleep', program)
      return program
    })
    if (one === undefined || two === undefined) throw new Error('two mounts')
    expect(idOf(one)[1]).toBe(idOf(two)[1])
    const started = spawn(one, ['600'])
    onTestFinished(() => void started.kill('SIGKILL'))
    const uses = async (path: string) => (await scanProcesses({ signal })).holders(...idOf(path)).map((h) => h.use)
    await expect.poll(() => uses(one)).toEqual(['executable', 'mapped'])
    expect(await uses(two)).toEqual([])
  },
)

test.skipIf(!MOUNTABLE.includes('btrfs'))(
  'SETTLE-1 a mapped file of a subvolume is held under the device that the subvolume shows',
  async () => {
    const folder = await tempDir()
    const point = join(folder, 'btrfs')
    onTestFinished(mountKind('btrfs', join(folder, 'image'), point))
    const volume = join(point, 'volume')
    execFileSync('btrfs', ['-q', 'subvolume', 'create', volume])
    const program = join(volume, 'program')
    copyFileSync('/bin/sleep', program)
    const id = idOf(program)
    const started = spawn(program, ['600'])
    onTestFinished(() => void started.kill('SIGKILL'))
    const uses = async () => (await scanProcesses({ signal })).holders(...id).map((h) => h.use)
    await expect.poll(uses).toEqual(['executable', 'mapped'])
    unlinkSync(program)
    expect(await uses()).toEqual(['executable', 'mapped'])
  },
)

const PYTHON = ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => lstatSync(path, { throwIfNoEntry: false }))
if (PYTHON === undefined) console.warn('NOT RUN: a process whose first thread has ended needs python3')

test.skipIf(PYTHON === undefined)('SETTLE-1 a process whose first thread has ended holds its files', async () => {
  const file = join(await tempDir(), 'file')
  writeFileSync(file, '')
  const code = `
import ctypes, sys, threading, time
kept = open(sys.argv[1])
threading.Thread(target=time.sleep, args=(600,)).start()
ctypes.CDLL(None).pthread_exit(None)`
  const started = spawn(PYTHON ?? '', ['-c', code, file], { stdio: 'inherit' })
  onTestFinished(() => void started.kill('SIGKILL'))
  await once(started, 'spawn')
  const state = (): string | undefined =>
    /^State:\t(\S)/m.exec(readFileSync(`/proc/${started.pid}/status`, 'latin1'))?.[1]
  await expect.poll(state).toBe('Z')
  const holders = (await scanProcesses({ signal })).holders(...idOf(file))
  expect(holders.map((h) => [h.process.pid, h.use])).toEqual([[started.pid, 'open']])
  expect(holders[0]?.process.command).toContain('python3')
})
