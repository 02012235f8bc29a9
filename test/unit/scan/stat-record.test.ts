import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTreeRoot } from '../../../node-agent/fs/index.ts'
import { loadStatRecord, saveStatRecord, scanTree, StatCache, statRecordPath } from '../../../node-agent/scan/index.ts'
import type { Digest, Manifest } from '../../../protocol/index.ts'
import { digestOf } from '../../support/fake-chunks.ts'
import { f, h, l, d, writeTree } from '../../support/live-tree.ts'
import { manifestOf } from '../../support/entries.ts'
import { tempDir } from '../../support/temp-dir.ts'

const signal = new AbortController().signal
/** Late enough for files just written to be old. */
const now = (): number => Date.now() + 60_000

async function scanned(directory: string, cache: StatCache) {
  const root = openTreeRoot(directory)
  let read = 0
  const { entries } = await scanTree(root, { signal, cache, now, onChunk: () => void read++ })
  root.close()
  return { manifest: manifestOf(...entries), read }
}

async function recorded() {
  const directory = await tempDir()
  const tree = join(directory, 'tree')
  writeTree(tree, {
    a: f('aaa'),
    dir: d,
    'dir/b': f('bbb'),
    empty: f(''),
    link: l('a'),
    two: f('2'),
    'two-more': h('two'),
  })
  const cache = new StatCache()
  const first = await scanned(tree, cache)
  const id = digestOf(Buffer.from('this manifest'))
  const file = statRecordPath(directory, tree)
  await saveStatRecord(file, cache, id, first.manifest)
  const load = (
    manifestOfId: (id: Digest) => Promise<Manifest | undefined> = async (asked) =>
      asked === id ? first.manifest : undefined,
  ) => loadStatRecord(file, manifestOfId)
  return { tree, first, file, load }
}

test('SCAN-9 an unchanged tree is not read again after a restart, and what changed is', async () => {
  const { tree, first, load } = await recorded()
  expect(first.read).toBe(3)
  const again = await scanned(tree, await load())
  expect(again.read).toBe(0)
  expect(again.manifest).toEqual(first.manifest)
  writeFileSync(join(tree, 'a'), 'aab')
  const third = await scanned(tree, await load())
  expect(third.read).toBe(1)
  expect(third.manifest).not.toEqual(first.manifest)
})

test('SCAN-9 a record that is damaged, cut off, of another manifest or of another size is not believed', async () => {
  const { tree, first, file, load } = await recorded()
  const readsAll = async (cache: StatCache): Promise<void> => expect((await scanned(tree, cache)).read).toBe(first.read)
  await readsAll(await load(async () => undefined))
  await readsAll(await load(async () => manifestOf(...first.manifest.entries.slice(0, 3))))
  const bytes = readFileSync(file)
  for (const wrong of [
    bytes.subarray(0, 90),
    bytes.map((byte, i) => (i === 60 ? byte ^ 1 : byte)),
    Buffer.alloc(0),
    Buffer.from('nonsense'),
  ]) {
    writeFileSync(file, wrong)
    await readsAll(await load())
  }
})
