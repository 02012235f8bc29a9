import * as fs from 'node:fs'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commitInPlace } from '../../../node-agent/commit/index.ts'
import { proveManifest } from '../../../node-agent/scan/index.ts'
import {
  applyTest,
  CHANNEL,
  d,
  f,
  h,
  l,
  memoryJournal,
  type Node,
  observeOptions,
  prepareCommit,
  releaseOf,
  type TreeSpec,
  unsyncedRoot,
  watchRoot,
  writeTree,
} from '../../support/live-tree.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { someOrderHolds } from './orders.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e', 'a/x', 'a/y', 'b/x', 'c/x', 'c/y', 'a/x/p'] as const
const TEXTS = [
  'a',
  'b',
  'c',
  'a/x',
  'b/x',
  'c/x',
  'd/x',
  'd/y',
  'e/x',
  '../a',
  '../b',
  '../c/x',
  'x',
  'y',
  'd',
  'e',
  '.',
]

const node: fc.Arbitrary<Node> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom('1', '2', '3').map((text) => f(text)) },
  { weight: 4, arbitrary: fc.constant(d) },
  { weight: 5, arbitrary: fc.constantFrom(...TEXTS).map(l) },
  { weight: 1, arbitrary: fc.constantFrom(...NAMES).map(h) },
)

/** A valid tree of some of the names: children only of directories, further names only of earlier files. */
const tree: fc.Arbitrary<TreeSpec> = fc
  .tuple(...NAMES.map((name) => fc.option(node, { freq: 4 }).map((n) => [name, n] as const)))
  .map((all) => {
    const spec: Record<string, Node> = {}
    for (const [name, n] of all.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
      const parent = dirname(name)
      const above = parent === '.' ? d : spec[parent]
      if (n === null || above === undefined || !('dir' in above)) continue
      const first = 'name' in n ? spec[n.name] : undefined
      if ('name' in n && (first === undefined || !('file' in first))) continue
      spec[name] = n
    }
    return spec
  })

const resolves = (path: string): boolean => fs.existsSync(path)
const stands = (path: string): boolean => fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** Runs one commit for real and says which paths of both trees were absent, and which links dangled, after which step. */
async function run(directory: string, old: TreeSpec, wanted: TreeSpec): Promise<readonly string[]> {
  for (const name of fs.readdirSync(directory)) fs.rmSync(join(directory, name), { recursive: true })
  const live = join(directory, 'live')
  writeTree(join(directory, 'old'), old)
  writeTree(join(directory, 'new'), wanted)
  writeTree(live, {})
  const root = unsyncedRoot(live)
  const journal = memoryJournal()
  const [previous, next] = [await releaseOf(join(directory, 'old')), await releaseOf(join(directory, 'new'))]
  await applyTest({ root, journal, sequence: 1, next: previous, previous: undefined })
  const both = Object.keys(old).filter((path) => path in wanted && stands(join(live, path)))
  const links = both.filter((p) => resolves(join(directory, 'old', p)) && resolves(join(directory, 'new', p)))
  const wrong: string[] = []
  const check = (): void => {
    for (const path of both) if (!stands(join(live, path))) wrong.push(`absent ${path}`)
    for (const path of links) if (!resolves(join(live, path))) wrong.push(`dangling ${path}`)
  }
  const watched = watchRoot(root, check)
  const test2 = { root, journal, sequence: 2, next, previous }
  const { observed, intent } = await prepareCommit(test2)
  await commitInPlace({ root: watched, journal, now: () => 0 }, intent, next.manifest, observed)
  await journal.end(CHANNEL)
  check()
  const proof = await proveManifest(root, next.manifest, next.id, observeOptions())
  expect(proof.differences).toEqual([])
  expect(proof.proved).toBe(true)
  expect((await prepareCommit(test2)).plan.ops).toEqual([])
  root.close()
  return wrong
}

test('COMMIT-3 COMMIT-4 COMMIT-11 random pairs of trees, committed for real', { timeout: 120_000 }, async () => {
  const directory = await tempDir()
  await fc.assert(
    fc.asyncProperty(tree, tree, async (old, wanted) => {
      const wrong = await run(directory, old, wanted)
      expect(wrong.filter((w) => w.startsWith('absent'))).toEqual([])
      if (wrong.length > 0) expect(someOrderHolds(old, wanted), wrong.join(', ')).toBe(false)
    }),
    { seed: 7, numRuns: Number(process.env['SHOAL_TEST_RUNS'] ?? 150) },
  )
})
