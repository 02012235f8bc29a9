import { execFile, execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commitInPlace, rollForward } from '../../node-agent/commit/index.ts'
import { openTreeRoot } from '../../node-agent/fs/index.ts'
import { Journal } from '../../node-agent/journal/index.ts'
import { openStore } from '../../node-agent/store/store.ts'
import {
  applyTest,
  CHANNEL,
  memoryJournal,
  prepareCommit,
  releaseOf,
  snapshot,
  type TestRelease,
  unsyncedRoot,
  watchRoot,
  writeTree,
} from '../support/live-tree.ts'
import { tempDir } from '../support/temp-dir.ts'
import { NEW, OLD, UNMANAGED } from './scenario.ts'

interface Fixture {
  readonly directory: string
  readonly previous: TestRelease
  readonly next: TestRelease
  readonly old: Readonly<Record<string, string>>
}

/** Sources `old` and `new`, and `live` at the old release with files of the host's own. */
async function prepare(): Promise<Fixture> {
  const directory = await tempDir()
  writeTree(join(directory, 'old'), OLD)
  writeTree(join(directory, 'new'), NEW)
  writeTree(join(directory, 'live'), {})
  const [previous, next] = [await releaseOf(join(directory, 'old')), await releaseOf(join(directory, 'new'))]
  const root = unsyncedRoot(join(directory, 'live'))
  await applyTest({ root, journal: memoryJournal(), sequence: 1, next: previous, previous: undefined })
  root.close()
  writeTree(join(directory, 'live'), UNMANAGED)
  return { directory, previous, next, old: snapshot(join(directory, 'live')) }
}

const copy = (from: string, to: string): string => {
  execFileSync('cp', ['-a', from, to])
  return to
}

/** The tree after a commit that nothing disturbed. */
async function committed({ directory, previous, next }: Fixture): Promise<Readonly<Record<string, string>>> {
  const live = copy(join(directory, 'live'), join(directory, 'undisturbed'))
  const root = unsyncedRoot(live)
  await applyTest({ root, journal: memoryJournal(), sequence: 2, next, previous })
  root.close()
  return snapshot(live)
}

function runChild(directory: string, at: number): Promise<{ readonly killed: boolean; readonly calls: number }> {
  const script = new URL('commit-child.ts', import.meta.url).pathname
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [script, directory, String(at)], (err, stdout, stderr) => {
      const done = /^done (\d+)/.exec(stdout)
      if (done !== null) resolve({ killed: false, calls: Number(done[1]) })
      else if (err?.signal === 'SIGKILL') resolve({ killed: true, calls: at })
      else reject(new Error(`the child failed: ${stderr}`))
    })
  })
}

/** Kills one commit at one call, recovers as a restarted agent does. @returns how it ended */
async function crashAt(fixture: Fixture, at: number): Promise<{ readonly pending: boolean; readonly killed: boolean }> {
  const home = copy(fixture.directory, `${fixture.directory}-${at}`)
  try {
    const { killed } = await runChild(home, at)
    const store = await openStore(join(home, 'db'))
    const journal = new Journal({ store })
    const intent = await journal.pending(CHANNEL)
    const root = openTreeRoot(join(home, 'live'))
    if (intent !== undefined) {
      await rollForward({ root, journal, now: () => Date.now() }, intent, fixture.next.manifest)
      await journal.end(CHANNEL)
    }
    const found = snapshot(join(home, 'live'))
    root.close()
    await store.close()
    const wanted = intent === undefined && killed ? fixture.old : await newTree
    expect(found, `killed at call ${at}`).toEqual(wanted)
    return { pending: intent !== undefined, killed }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

let newTree: Promise<Readonly<Record<string, string>>>

test(
  'COMMIT-1 COMMIT-5 a kill at every call leaves exactly the old or the new tree after recovery',
  { timeout: 180_000 },
  async () => {
    const fixture = await prepare()
    newTree = committed(fixture)
    const unmanaged = Object.keys(UNMANAGED)
    for (const path of unmanaged) expect((await newTree)[path]).toBe(fixture.old[path])
    rmSync(join(fixture.directory, 'undisturbed'), { recursive: true })
    const ends = { old: 0, new: 0 }
    let [next, finished] = [1, false]
    const work = async (): Promise<void> => {
      while (!finished) {
        const { pending, killed } = await crashAt(fixture, next++)
        if (!killed) finished = true
        else ends[pending ? 'new' : 'old']++
      }
    }
    await Promise.all([work(), work()])
    // Both sides of the journal were hit: staging, and every step with what follows it.
    expect(ends.old).toBeGreaterThan(20)
    expect(ends.new).toBeGreaterThan(20)
  },
)

test('COMMIT-5 recovery that is cut off itself is finished by the next', async () => {
  const fixture = await prepare()
  const wanted = await committed(fixture)
  const { previous, next } = fixture
  for (let at = 1, cut = true; cut; at++) {
    const live = copy(join(fixture.directory, 'live'), join(fixture.directory, `recovery-${at}`))
    const root = unsyncedRoot(live)
    const journal = memoryJournal()
    const { intent } = await prepareCommit({ root, journal, sequence: 2, next, previous })
    let calls = 0
    const failing = watchRoot(root, () => {
      if (++calls === at) throw new Error('cut off')
    })
    const now = (): number => 0
    cut = await rollForward({ root: failing, journal, now }, intent, next.manifest).then(
      () => false,
      () => true,
    )
    if (cut) await rollForward({ root, journal, now }, intent, next.manifest)
    expect(snapshot(live), `cut off at call ${at}`).toEqual(wanted)
    // Once more changes nothing.
    await rollForward({ root, journal, now }, intent, next.manifest)
    expect(snapshot(live)).toEqual(wanted)
    root.close()
    rmSync(live, { recursive: true })
  }
})

test('COMMIT-6 a step that fails undoes those before it', async () => {
  const fixture = await prepare()
  const { previous, next } = fixture
  const root = unsyncedRoot(join(fixture.directory, 'live'))
  const journal = memoryJournal()
  const test2 = { root, journal, sequence: 2, next, previous }
  const steps = (await prepareCommit(test2)).plan.ops.length
  expect(steps).toBeGreaterThan(20)
  for (let at = 1; at <= steps; at++) {
    const { observed, intent } = await prepareCommit(test2)
    let renames = 0
    const failing = watchRoot(root, (call) => {
      if (call === 'rename' && ++renames === at) throw new Error('no')
    })
    const deps = { root: failing, journal, now: () => 0 }
    await expect(commitInPlace(deps, intent, next.manifest, observed)).rejects.toThrow('no')
    expect(snapshot(join(fixture.directory, 'live')), `failed at step ${at}`).toEqual(fixture.old)
    expect(await journal.pending(CHANNEL)).toBeUndefined()
  }
  await applyTest(test2)
  expect(snapshot(join(fixture.directory, 'live'))).not.toEqual(fixture.old)
  root.close()
})
