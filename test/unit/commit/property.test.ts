import * as fs from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { commitInPlace } from '../../../node-agent/commit/index.ts'
import { proveManifest } from '../../../node-agent/scan/index.ts'
import {
  applyTest,
  CHANNEL,
  memoryJournal,
  observeOptions,
  prepareCommit,
  releaseOf,
  type TreeSpec,
  unsyncedRoot,
  watchRoot,
  writeTree,
} from '../../support/live-tree.ts'
import { manifestOfSpec, prepareModel } from '../../support/model-commit.ts'
import { treeArbitrary } from '../../support/random-trees.ts'
import { tempDir } from '../../support/temp-dir.ts'

const tree = treeArbitrary()

const resolves = (path: string): boolean => fs.existsSync(path)
const stands = (path: string): boolean => fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined

/** The steps that the model of a file system is put through for the same trees. */
function modelSteps(old: TreeSpec, wanted: TreeSpec): readonly string[] {
  const rules = { local: () => 'overwrite' as const, isProtected: () => false }
  const [before, next] = [manifestOfSpec(old), manifestOfSpec(wanted)]
  const { plan } = prepareModel({ old: before, next, edited: [], unmanaged: [], file: {}, rules })
  return plan.ops.map(({ op, path }) => `${op} ${path}`)
}

interface Ran {
  readonly wrong: readonly string[]
  readonly weaker: readonly string[]
}

/** Runs one commit for real and says which paths of both trees were absent, and which links dangled, after which step. */
async function run(directory: string, old: TreeSpec, wanted: TreeSpec): Promise<Ran> {
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
  const { observed, plan, intent } = await prepareCommit(test2)
  expect(plan.ops.map(({ op, path }) => `${op} ${path}`)).toEqual(modelSteps(old, wanted))
  await commitInPlace({ root: watched, journal, now: () => 0 }, intent, next.manifest, observed)
  await journal.end(CHANNEL)
  check()
  const proof = await proveManifest(root, next.manifest, next.id, observeOptions())
  expect(proof.differences).toEqual([])
  expect(proof.proved).toBe(true)
  expect((await prepareCommit(test2)).plan.ops).toEqual([])
  root.close()
  return { wrong, weaker: plan.weaker }
}

test(
  'COMMIT-3 COMMIT-4 COMMIT-11 random pairs of trees, take the steps of the model for real',
  { timeout: 120_000 },
  async () => {
    const directory = await tempDir()
    await fc.assert(
      fc.asyncProperty(tree, tree, async (old, wanted) => {
        const { wrong, weaker } = await run(directory, old, wanted)
        expect(wrong.filter((w) => w.startsWith('absent'))).toEqual([])
        // The model proves that no order at all would have done.
        if (wrong.length > 0) expect(weaker.join(', '), wrong.join(', ')).toContain('nowhere')
      }),
      { seed: 7, numRuns: Number(process.env['SHOAL_TEST_RUNS'] ?? 150) },
    )
  },
)
