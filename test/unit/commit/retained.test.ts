import { existsSync, lstatSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  listKept,
  listRetained,
  measureRetained,
  reapRetained,
  type Retained,
} from '../../../node-agent/commit/index.ts'
import { openTreeRoot } from '../../../node-agent/fs/index.ts'
import { ensureArea, INSIDE } from '../../../node-agent/stage/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

const AT_S = 1_700_000_000

async function area() {
  const live = join(await tempDir(), 'live')
  mkdirSync(live)
  const root = openTreeRoot(live)
  ensureArea(root)
  const folder = join(live, '.shoal', 'retained', '000000000003')
  mkdirSync(join(folder, 'displaced', 'sub'), { recursive: true })
  writeFileSync(join(folder, 'displaced', 'a'), 'a'.repeat(5000))
  writeFileSync(join(folder, 'displaced', 'sub', 'b'), 'b')
  for (const name of ['a', 'sub/b']) utimesSync(join(folder, 'displaced', name), AT_S - 5, AT_S - 5)
  utimesSync(folder, AT_S, AT_S)
  const [retained] = listRetained(root, INSIDE, undefined) as [Retained]
  const look = (held: (device: bigint, inode: bigint) => boolean) => ({
    root,
    live: root,
    held,
    signal: new AbortController().signal,
  })
  return { live, root, folder, retained, look }
}

const inodeOf = (path: string): bigint => lstatSync(path, { bigint: true }).ino

test('SETTLE-34 what is retained is listed with its sequence and when it was displaced, and measured', async () => {
  const { retained, look, root } = await area()
  expect(retained).toMatchObject({
    path: '.shoal/retained/000000000003',
    sequence: 3,
    atMs: AT_S * 1000,
    tree: undefined,
  })
  const use = await measureRetained(
    look(() => false),
    retained,
  )
  expect(use.bytes).toBeGreaterThanOrEqual(8192)
  expect(use).toMatchObject({ heldBytes: 0, held: [] })
  root.close()
})

test('SETTLE-35 reaping removes what nobody holds and leaves the rest, with its time', async () => {
  const { retained, look, root, folder } = await area()
  const held = inodeOf(join(folder, 'displaced', 'sub', 'b'))
  expect(
    await reapRetained(
      look((_, inode) => inode === held),
      retained,
      INSIDE.kept,
    ),
  ).toBe(false)
  expect(existsSync(join(folder, 'displaced', 'a'))).toBe(false)
  expect(readFileSync(join(folder, 'displaced', 'sub', 'b'), 'utf8')).toBe('b')
  expect(listRetained(root, INSIDE, undefined)).toMatchObject([{ atMs: AT_S * 1000 }])
  expect(
    await reapRetained(
      look(() => false),
      retained,
      INSIDE.kept,
    ),
  ).toBe(true)
  expect(existsSync(folder)).toBe(false)
  root.close()
})

test('SETTLE-36 what was written to after it was displaced is kept for good', async () => {
  const { retained, look, root, folder } = await area()
  writeFileSync(join(folder, 'displaced', 'a'), 'written by whoever had it open')
  expect(
    await reapRetained(
      look(() => false),
      retained,
      INSIDE.kept,
    ),
  ).toBe(true)
  const kept = listKept(root, INSIDE.kept)
  expect(kept).toMatchObject([{ sequence: 3, path: 'displaced/a', size: 30 }])
  root.close()
})
