import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, test, vi } from 'vitest'
import { compareTrees } from '../../node-agent/demo/compare.ts'
import type { HostView } from '../../protocol/status/index.ts'
import { CAN_MOUNT, mountSmallDisk, remountReadOnly } from '../support/loop-mount.ts'
import { quietHome, shoal, shoalJson, startAgent, statusOf } from '../support/processes.ts'
import { tempDir } from '../support/temp-dir.ts'

async function ownState(home: string): Promise<HostView | undefined> {
  const { self, channels } = await statusOf(home)
  return channels[0]?.states.find((s) => s.peerId === self.peerId)
}

/** A mesh of one machine that publishes and is a host itself. */
async function soloMesh(folder: string, root: string) {
  const home = quietHome(folder, 'solo')
  await shoalJson(home, 'mesh', 'create', 'north')
  await shoalJson(home, 'target', 'add', 'web', root)
  const agent = await startAgent(home)
  const publish = (tree: string) => shoalJson(home, 'publish', tree, '--channel', 'web')
  return { home, agent, publish }
}

const reaches = (home: string, code: string) =>
  vi.waitUntil(async () => (await ownState(home))?.error?.code === code, { timeout: 30_000, interval: 200 })

describe('bad input', { timeout: 120_000 }, () => {
  test('BAD-1 a second agent on one home is refused and the first goes on', async () => {
    const folder = await tempDir()
    const { home } = await soloMesh(folder, join(folder, 'tree'))
    const second = await shoal(home, 'agent', '--listen', '/ip4/127.0.0.1/tcp/0')
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('shoal: HOME_IN_USE: ') })
    expect(await shoal(home, 'status')).toMatchObject({ code: 0 })
  })

  test('BAD-2 a port in use is refused', async () => {
    const folder = await tempDir()
    const { agent } = await soloMesh(folder, join(folder, 'tree'))
    const other = quietHome(folder, 'other')
    await shoalJson(other, 'mesh', 'create', 'south')
    const address = agent.addresses[0]?.replace(/\/p2p\/.*/, '') ?? ''
    const refused = await shoal(other, 'agent', '--listen', address)
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('shoal: ADDRESS_IN_USE: ') })
  })

  test.runIf(CAN_MOUNT)('BAD-3 a full disk is reported, and the live tree stays as it was', async () => {
    const folder = await tempDir()
    const disk = join(folder, 'disk')
    mountSmallDisk(join(folder, 'image'), disk, 16)
    const { home, publish } = await soloMesh(folder, join(disk, 'tree'))
    const [small, large] = [join(folder, 'small'), join(folder, 'large')]
    for (const tree of [small, large]) mkdirSync(tree)
    writeFileSync(join(small, 'a'), randomBytes(100_000))
    writeFileSync(join(large, 'a'), randomBytes(40_000_000))
    await publish(small)
    await shoalJson(home, 'wait', '--channel', 'web', '--hosts', '1', '--timeout', '30s')
    await publish(large)
    await reaches(home, 'NO_SPACE')
    expect(await compareTrees(small, join(disk, 'tree'))).toEqual([])
    expect(await ownState(home)).toMatchObject({ state: 'failed', sequence: 1 })
    expect((await shoal(home, 'wait', '--channel', 'web', '--hosts', '1', '--timeout', '1s')).code).toBe(3)
  })

  test.runIf(CAN_MOUNT)('BAD-4 a read-only root is reported, and nothing else changes', async () => {
    const folder = await tempDir()
    const disk = join(folder, 'disk')
    mountSmallDisk(join(folder, 'image'), disk, 16)
    mkdirSync(join(disk, 'tree'))
    remountReadOnly(disk)
    const { home, publish } = await soloMesh(folder, join(disk, 'tree'))
    const tree = join(folder, 'source')
    mkdirSync(tree)
    writeFileSync(join(tree, 'a'), 'a')
    await publish(tree)
    await reaches(home, 'TARGET_READ_ONLY')
    expect(readdirSync(join(disk, 'tree'))).toEqual([])
  })

  test('BAD-5 names with newlines, escape codes and bytes that are not UTF-8 are kept exactly and shown safely', async () => {
    const folder = await tempDir()
    const { home, publish } = await soloMesh(folder, join(folder, 'tree'))
    const tree = join(folder, 'source')
    mkdirSync(tree)
    const names = ['new\nline', '\u001b[31mred', 'two\u202ewords', ' spaces ', '-flag', '"quoted"', 'back\\slash']
    const raw = [...names.map((n) => Buffer.from(n)), Buffer.from([0x66, 0xff, 0xfe, 0x80])]
    for (const name of raw) writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), name]), name)
    symlinkSync('new\nline', join(tree, 'to\tit'))
    await publish(tree)
    await shoalJson(home, 'wait', '--channel', 'web', '--hosts', '1', '--timeout', '30s')
    expect(await compareTrees(tree, join(folder, 'tree'))).toEqual([])
    const shown = await shoal(home, 'show', 'web')
    expect(shown.code).toBe(0)
    expect(shown.stdout).toContain('new\\x0aline')
    expect(shown.stdout).not.toMatch(/[\u001b\u202e]|new\nline/)
  })

  test('BAD-6 a folder with a pipe is refused, and the channel keeps its release', async () => {
    const folder = await tempDir()
    const { home, publish } = await soloMesh(folder, join(folder, 'tree'))
    const tree = join(folder, 'source')
    mkdirSync(tree)
    writeFileSync(join(tree, 'a'), 'a')
    await publish(tree)
    const { execFileSync } = await import('node:child_process')
    execFileSync('mkfifo', [join(tree, 'pipe')])
    const refused = await shoal(home, 'publish', tree, '--channel', 'web')
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('shoal: SOURCE_UNSUPPORTED_ENTRY: "pipe"'),
    })
    expect((await statusOf(home)).channels[0]?.sequence).toBe(1)
  })
})
