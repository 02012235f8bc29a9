import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, mkdirSync, readdirSync, realpathSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import {
  displacedTree,
  liveTree,
  retainDisplaced,
  rollSwitchForward,
  sweepDisplaced,
  type SwitchDeps,
  switchTree,
  toSwitchIntent,
} from '../../node-agent/commit/index.ts'
import { openTreeRoot, type TreeRoot } from '../../node-agent/fs/index.ts'
import { SwitchJournal } from '../../node-agent/journal/index.ts'
import { StatCache } from '../../node-agent/scan/index.ts'
import { areaBeside, ensureArea, openStaging } from '../../node-agent/stage/index.ts'
import { type Digest, parseTreePath, toByteString } from '../../protocol/index.ts'
import {
  CHANNEL,
  memoryStore,
  releaseOf,
  snapshot,
  type TestRelease,
  watchRoot,
  writeTree,
} from '../support/live-tree.ts'
import { tempDir } from '../support/temp-dir.ts'
import { NEW, OLD, UNMANAGED } from './scenario.ts'

const NAME = parseTreePath('app')
const AREA = areaBeside(NAME)
const FIRST = '000000000001'

/** The host's own files and the directories that they lie in. */
const OWN = Object.keys(UNMANAGED).flatMap((path) => (dirname(path) === '.' ? [path] : [dirname(path), path]))

interface Fixture {
  readonly directory: string
  readonly previous: TestRelease
  readonly next: TestRelease
  readonly before: Readonly<Record<string, string>>
  readonly after: Readonly<Record<string, string>>
}

const live = (near: string): string => realpathSync(join(near, 'app'))

/** A live tree at the old release with files of the host's own, and the new one staged beside it. */
async function prepare(form: 'directory' | 'symlink' | 'nothing'): Promise<Fixture> {
  const directory = await tempDir()
  const near = join(directory, 'near')
  mkdirSync(near)
  writeTree(join(directory, 'old'), OLD)
  writeTree(join(directory, 'new'), NEW)
  const [previous, next] = [await releaseOf(join(directory, 'old')), await releaseOf(join(directory, 'new'))]
  const root = openTreeRoot(near)
  ensureArea(root, AREA, { othersPass: true })
  const generation = join(near, AREA.generations ?? '', FIRST)
  const tree = form === 'directory' ? join(near, 'app') : join(generation, 'tree')
  if (form === 'symlink') mkdirSync(generation)
  if (form !== 'nothing') {
    execFileSync('cp', ['-a', join(directory, 'old'), tree])
    writeTree(tree, UNMANAGED)
  }
  if (form === 'symlink') symlinkSync(`${AREA.generations}/${FIRST}/tree`, join(near, 'app'))
  const slots = [{ slot: 0, entry: 0, beneath: next.manifest.entries.flatMap((_, i) => (i === 0 ? [] : [i])) }]
  const local = { read: async (digest: Digest) => next.chunks.get(digest) }
  const request = { manifest: next.manifest, key: next.id, slots, area: AREA }
  const staging = await openStaging(root, request, { local, signal: new AbortController().signal })
  expect(await staging.complete()).toEqual([])
  root.close()
  const own = form === 'nothing' ? {} : Object.fromEntries(OWN.map((p) => [p, snapshot(tree)[p] ?? '']))
  return {
    directory,
    previous,
    next,
    before: form === 'nothing' ? {} : snapshot(tree),
    after: { ...snapshot(join(directory, 'new')), ...own },
  }
}

const depsOf = (near: TreeRoot, journal: SwitchJournal): SwitchDeps => ({
  near,
  area: AREA,
  name: NAME,
  journal,
  now: () => 1e12,
})

async function settle(
  deps: SwitchDeps,
  intent: Awaited<ReturnType<SwitchJournal['pending']>>,
  { previous }: Fixture,
): Promise<void> {
  if (intent === undefined) return
  const displaced = displacedTree(deps, intent)
  const now = liveTree(deps)?.tree
  if (displaced !== undefined && now !== undefined) {
    const { signal } = new AbortController()
    const rest = {
      kept: AREA.kept,
      sequence: 2,
      previous: previous.manifest,
      cache: new StatCache(),
      now: deps.now,
      signal,
    }
    await sweepDisplaced({ root: deps.near, displaced, live: now, ...rest })
  }
  retainDisplaced(deps, intent)
  await deps.journal.end(CHANNEL)
}

/** Dies at one call: it and all later ones fail, as for a process that is gone. @returns calls made; whether it died */
async function runUntil(
  near: string,
  at: number,
  strategy: 'swap' | 'generations',
  fixture: Fixture,
  journal: SwitchJournal,
) {
  const root = openTreeRoot(near)
  let calls = 0
  const dying = watchRoot(root, () => {
    if (++calls >= at) throw new Error('dead')
  })
  const deps = depsOf(dying, journal)
  const init = {
    channel: CHANNEL,
    strategy,
    sequence: 2,
    root: toByteString(Buffer.from(join(near, 'app'))),
    manifest: fixture.next.id,
  }
  try {
    const intent = toSwitchIntent(deps, init)
    await switchTree(deps, intent)
    await settle(deps, intent, fixture)
    return { calls, died: false }
  } catch (err) {
    if (!(err instanceof Error) || err.message !== 'dead') throw err
    return { calls, died: true }
  } finally {
    root.close()
  }
}

test.each([
  ['swap', 'directory'],
  ['swap', 'symlink'],
  ['swap', 'nothing'],
  ['generations', 'symlink'],
  ['generations', 'directory'],
  ['generations', 'nothing'],
] as const)(
  'STRATEGY-6 %s over a %s: a crash at every call leaves the whole old or the whole new tree, at once and after recovery',
  { timeout: 120_000 },
  async (strategy, form) => {
    const fixture = await prepare(form)
    const seen = { old: 0, new: 0 }
    for (let at = 1, died = true; died; at++) {
      const near = join(fixture.directory, `near-${at}`)
      execFileSync('cp', ['-a', join(fixture.directory, 'near'), near])
      const store = memoryStore()
      const journal = new SwitchJournal({ store })
      // The journal of a dead process writes nothing either; `begin` comes after calls that the counter sees.
      ;({ died } = await runUntil(near, at, strategy, fixture, journal))
      const stands = existsSync(join(near, 'app')) ? snapshot(live(near)) : {}
      const managed = (tree: Readonly<Record<string, string>>) =>
        Object.fromEntries(Object.entries(tree).filter(([p]) => !OWN.includes(p) || p in NEW))
      const isOld = JSON.stringify(stands) === JSON.stringify(fixture.before)
      if (!isOld) expect(managed(stands), `at call ${at}`).toEqual(managed(fixture.after))
      seen[isOld ? 'old' : 'new']++

      const root = openTreeRoot(near)
      const intent = await journal.pending(CHANNEL)
      if (intent !== undefined) {
        const deps = depsOf(root, journal)
        rollSwitchForward(deps, intent)
        await settle(deps, intent, fixture)
      }
      root.close()
      const after = existsSync(join(near, 'app')) ? snapshot(live(near)) : {}
      expect(after, `after recovery at call ${at}`).toEqual(
        intent === undefined && died ? fixture.before : fixture.after,
      )
      expect(readdirSync(near).toSorted()).toEqual(Object.keys(after).length === 0 ? ['.shoal'] : ['.shoal', 'app'])
      if (!died) expect(lstatSync(join(near, 'app')).isSymbolicLink()).toBe(strategy === 'generations')
      rmSync(near, { recursive: true, force: true })
    }
    expect(Math.min(seen.old, seen.new)).toBeGreaterThan(0)
  },
)
