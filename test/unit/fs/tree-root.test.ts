import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type FsCapabilities, openTreeRoot } from '../../../node-agent/fs/index.ts'
import { parseTreePath as p } from '../../../protocol/index.ts'
import { treeRootSuite } from '../../compliance/tree-root.ts'
import { NOTHING, openRoot } from '../../compliance/tree-root-fixture.ts'
import {
  CAN_MOUNT,
  type FsKind,
  mountKind,
  mountSmallDisk,
  MOUNTABLE,
  remountReadOnly,
} from '../../support/loop-mount.ts'
import { tempDir } from '../../support/temp-dir.ts'

const CAN: FsCapabilities = {
  exchange: true,
  noReplace: true,
  reflink: false,
  hardlinks: true,
  xattrs: true,
  beneath: true,
}
const CAPABILITIES: Readonly<Record<FsKind, FsCapabilities>> = {
  tmpfs: CAN,
  ext4: CAN,
  xfs: { ...CAN, reflink: true },
  btrfs: { ...CAN, reflink: true },
}

/** A new directory inside one that is gone after the suite. */
const freshIn = (above: () => string) => () => fs.mkdtempSync(join(above(), 'test-'))

describe.each(MOUNTABLE)('%s', (kind) => {
  let directory = ''
  let unmount = (): void => undefined
  beforeAll(() => {
    directory = fs.mkdtempSync(join(tmpdir(), 'shoal-test-'))
    unmount = mountKind(kind, join(directory, 'disk'), join(directory, 'mnt'))
  })
  afterAll(() => {
    unmount()
    fs.rmSync(directory, { recursive: true, force: true })
  })
  treeRootSuite({
    name: kind,
    directory: freshIn(() => join(directory, 'mnt')),
    capabilities: CAPABILITIES[kind],
  })
})

describe.runIf(!CAN_MOUNT)('the folder for temporary files', () => {
  const directory = fs.mkdtempSync(join(tmpdir(), 'shoal-test-'))
  afterAll(() => fs.rmSync(directory, { recursive: true, force: true }))
  treeRootSuite({ name: 'temporary', directory: freshIn(() => directory), capabilities: undefined })
})

test.runIf(CAN_MOUNT)('FS-4 a read-only file system', async () => {
  const directory = await tempDir()
  const point = join(directory, 'mnt')
  mountSmallDisk(join(directory, 'disk'), point, 8)
  fs.writeFileSync(join(point, 'file'), 'x')
  remountReadOnly(point)
  const root = openRoot(point)
  const readOnly = expect.objectContaining({ code: 'TARGET_READ_ONLY' })
  expect(() => root.mkdir(p('a'), 0o700)).toThrow(readOnly)
  expect(() => root.createFile(p('a'))).toThrow(readOnly)
  expect(() => root.rename(p('file'), p('b'), 'no-replace')).toThrow(readOnly)
  expect(() => root.setMetadata(p('file'), { ...NOTHING, mode: 0o600 })).toThrow(readOnly)
  expect(root.lstat(p('file'))?.kind).toBe('file')
})

test.runIf(CAN_MOUNT)('FS-2 a time that the file system cuts off is reported', async () => {
  const directory = await tempDir()
  const [image, point] = [join(directory, 'disk'), join(directory, 'mnt')]
  mountSmallDisk(image, point, 8)
  execFileSync('umount', [point])
  // Inodes of 128 bytes have neither fractions of a second nor years after 2038.
  execFileSync('mkfs.ext4', ['-q', '-F', '-I', '128', image], { stdio: 'pipe' })
  execFileSync('mount', ['-o', 'loop', image, point])
  const root = openTreeRoot(point)
  fs.closeSync(root.createFile(p('a')))
  expect(root.setMetadata(p('a'), { ...NOTHING, mtimeNs: 5_000_000_000n })).toEqual([])
  const cut = [{ what: 'times', detail: 'EOVERFLOW' }]
  expect(root.setMetadata(p('a'), { ...NOTHING, mtimeNs: 5_000_000_001n })).toEqual(cut)
  expect(root.setMetadata(p('a'), { ...NOTHING, mtimeNs: 5_000_000_000_000_000_000n })).toEqual(cut)
  root.close()
})
