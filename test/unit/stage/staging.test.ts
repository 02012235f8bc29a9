import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openTreeRoot, type TreeRoot } from '../../../node-agent/fs/index.ts'
import { planCommit } from '../../../node-agent/plan/commit-plan.ts'
import { openStaging, type StagingArea } from '../../../node-agent/stage/index.ts'
import { type Digest, ROOT_PATH } from '../../../protocol/index.ts'
import {
  PLAIN_RULES,
  d,
  f,
  h,
  l,
  releaseOf,
  snapshot,
  type TestRelease,
  type TreeSpec,
  writeTree,
} from '../../support/live-tree.ts'
import { CAN_MOUNT, mountSmallDisk, remountReadOnly } from '../../support/loop-mount.ts'
import { seededBytes } from '../../support/seeded-bytes.ts'
import { tempDir } from '../../support/temp-dir.ts'

const signal = new AbortController().signal
const NOTHING_LOCAL = { read: async () => undefined }

function openRoot(directory: string): TreeRoot {
  const root = openTreeRoot(directory)
  onTestFinished(() => root.close())
  return root
}

async function release(directory: string, spec: TreeSpec): Promise<TestRelease> {
  writeTree(join(directory, 'source'), spec)
  return releaseOf(join(directory, 'source'))
}

/** Staging of a whole release into an empty target. */
function stage(
  root: TreeRoot,
  next: TestRelease,
  read?: (d: Digest) => Promise<Uint8Array | undefined>,
): Promise<StagingArea> {
  const flags = {
    equalsNext: true,
    equalsPrevious: true,
    timesEqualNext: true,
    onlyDiffers: undefined,
    linkText: undefined,
  }
  const observed = new Map([[ROOT_PATH, { kind: 'directory' as const, ...flags }]])
  const none = new Set<never>()
  const rest = {
    previous: undefined,
    observed,
    beside: new Map(),
    holdsUnmanaged: none,
    holdsEdited: none,
    ...PLAIN_RULES,
  }
  const { slots } = planCommit({ root: root.path, next: next.manifest, ...rest })
  const local = read === undefined ? NOTHING_LOCAL : { read }
  return openStaging(root, { manifest: next.manifest, key: next.id, slots }, { local, signal })
}

async function open(): Promise<{ readonly directory: string; readonly live: string; readonly root: TreeRoot }> {
  const directory = await tempDir()
  const live = join(directory, 'live')
  fs.mkdirSync(live)
  return { directory, live, root: openRoot(live) }
}

const SPEC = { d, 'd/a': f('a', 0o4755), 'd/b': f(''), 'd/sub': d, 'd/sub/h': h('d/a'), 'd/l': l('../x') } as const

test('STAGE-1 what is staged is what the manifest says; the live tree is untouched', async () => {
  const { directory, live, root } = await open()
  const next = await release(directory, SPEC)
  const staging = await stage(root, next)
  for (const { digest } of staging.missing()) staging.write(digest, next.chunks.get(digest) ?? new Uint8Array())
  expect(await staging.complete()).toEqual([])
  expect(snapshot(join(live, '.shoal/staging', next.id, '0'))).toEqual(snapshot(join(directory, 'source/d')))
  expect(Object.keys(snapshot(live))).toEqual([''])
  expect(fs.statSync(join(live, '.shoal')).mode & 0o777).toBe(0o700)
})

test('STAGE-2 STAGE-7 staging is taken up, damage is found', async () => {
  const { directory, live, root } = await open()
  const next = await release(directory, { a: f('aaaa'), b: f('bbbb'), c: f('cccc') })
  const first = await stage(root, next)
  const [a, b] = first.missing()
  if (a === undefined || b === undefined) throw new Error('no chunks')
  const bytesOf = (digest: Digest): Uint8Array => next.chunks.get(digest) ?? new Uint8Array()
  expect(first.read(a.digest)).toBeUndefined()
  first.write(a.digest, bytesOf(a.digest))
  first.write(b.digest, bytesOf(b.digest))
  expect(first.read(a.digest)).toEqual(bytesOf(a.digest))
  fs.writeFileSync(join(live, '.shoal/staging', next.id, '0'), 'dmgd')
  expect(first.read(a.digest)).toBeUndefined()
  const second = await stage(root, next)
  expect(second.missing().map((ref) => ref.digest)).not.toContain(b.digest)
  expect(second.missing().map((ref) => ref.digest)).toContain(a.digest)
  expect(second.reusedBytes).toBe(4)
  const third = await stage(root, next, async (digest) => next.chunks.get(digest))
  expect(third.missing()).toEqual([])
  expect(await third.complete()).toEqual([])
})

test('STAGE-6 what other releases left is removed', async () => {
  const { directory, live, root } = await open()
  const next = await release(directory, SPEC)
  await stage(root, next)
  fs.mkdirSync(join(live, '.shoal/staging/other/deep'), { recursive: true })
  fs.symlinkSync(directory, join(live, '.shoal/staging/other/link'))
  await stage(root, next)
  expect(fs.readdirSync(join(live, '.shoal/staging'))).toEqual([next.id])
  expect(fs.existsSync(join(directory, 'source/d/a'))).toBe(true)
})

test('STAGE-5 an area that is a symlink or open to others is refused', async () => {
  const { directory, live, root } = await open()
  const next = await release(directory, SPEC)
  fs.mkdirSync(join(directory, 'outside'))
  fs.symlinkSync('../outside', join(live, '.shoal'))
  await expect(stage(root, next)).rejects.toMatchObject({ code: 'TARGET_ROOT_INVALID' })
  expect(fs.readdirSync(join(directory, 'outside'))).toEqual([])
  fs.rmSync(join(live, '.shoal'))
  fs.mkdirSync(join(live, '.shoal'), { mode: 0o755 })
  await expect(stage(root, next)).rejects.toMatchObject({ code: 'TARGET_ROOT_INVALID' })
  expect(fs.readdirSync(join(live, '.shoal'))).toEqual([])
})

test.runIf(CAN_MOUNT)('STAGE-3 too little space', async () => {
  const directory = await tempDir()
  const point = join(directory, 'mnt')
  mountSmallDisk(join(directory, 'disk'), point, 8)
  const root = openRoot(point)
  fs.mkdirSync(join(directory, 'source'))
  fs.writeFileSync(join(directory, 'source/large'), seededBytes(12 << 20, 1))
  const next = await releaseOf(join(directory, 'source'))
  await expect(stage(root, next)).rejects.toMatchObject({ code: 'NO_SPACE' })
  expect(fs.readdirSync(join(point, '.shoal/staging'))).toEqual([])
})

test.runIf(CAN_MOUNT)('STAGE-3 a disk that fills up meanwhile; what is staged is kept', async () => {
  const directory = await tempDir()
  const point = join(directory, 'mnt')
  mountSmallDisk(join(directory, 'disk'), point, 8)
  const root = openRoot(point)
  fs.mkdirSync(join(directory, 'source'))
  fs.writeFileSync(join(directory, 'source/file'), seededBytes(2 << 20, 1))
  const next = await releaseOf(join(directory, 'source'))
  const staging = await stage(root, next)
  const [first, ...others] = staging.missing()
  if (first === undefined) throw new Error('no chunks')
  staging.write(first.digest, next.chunks.get(first.digest) ?? new Uint8Array())
  expect(() => fs.writeFileSync(join(point, 'filler'), new Uint8Array(16 << 20))).toThrow('ENOSPC')
  const writeAll = (): void => {
    for (const { digest } of others) staging.write(digest, next.chunks.get(digest) ?? new Uint8Array())
  }
  expect(writeAll).toThrow(expect.objectContaining({ code: 'NO_SPACE' }))
  fs.rmSync(join(point, 'filler'))
  expect((await stage(root, next)).missing().map((ref) => ref.digest)).not.toContain(first.digest)
})

test.runIf(CAN_MOUNT)('STAGE-4 a read-only file system', async () => {
  const directory = await tempDir()
  const point = join(directory, 'mnt')
  mountSmallDisk(join(directory, 'disk'), point, 8)
  const next = await release(directory, SPEC)
  remountReadOnly(point)
  await expect(stage(openRoot(point), next)).rejects.toMatchObject({ code: 'TARGET_READ_ONLY' })
})
