import { execFile, execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { rollForward } from '../../node-agent/commit/index.ts'
import { openTreeRoot } from '../../node-agent/fs/index.ts'
import { Journal } from '../../node-agent/journal/index.ts'
import { openStore } from '../../node-agent/store/store.ts'
import {
  applyTest,
  CHANNEL,
  memoryJournal,
  releaseOf,
  snapshot,
  type TestRelease,
  type TreeSpec,
  unsyncedRoot,
  writeTree,
} from './live-tree.ts'

type Tree = Readonly<Record<string, string>>

export interface CrashInit {
  /** A directory that is not there yet, on the file system under test. */
  readonly directory: string
  readonly old: TreeSpec
  readonly next: TreeSpec
  /** Files of the host's own in the live tree. */
  readonly unmanaged: TreeSpec
}

interface Fixture {
  readonly directory: string
  readonly next: TestRelease
  readonly oldTree: Tree
  readonly newTree: Tree
}

/** How the live tree was found after recovery, in order of the calls killed at. */
export interface CrashEnd {
  readonly at: number
  readonly found: Tree
  readonly wanted: Tree
  /** Which of the two trees was wanted; the last child was not killed but came to its end. */
  readonly side: 'old' | 'new' | 'finished'
}

/** Sources `old` and `new`, `live` at the old release, and the tree after a commit that nothing disturbed. */
async function prepare({ directory, old, next: wanted, unmanaged }: CrashInit): Promise<Fixture> {
  writeTree(join(directory, 'old'), old)
  writeTree(join(directory, 'new'), wanted)
  const live = join(directory, 'live')
  writeTree(live, {})
  const [previous, next] = [await releaseOf(join(directory, 'old')), await releaseOf(join(directory, 'new'))]
  await commit(live, { sequence: 1, next: previous, previous: undefined })
  writeTree(live, unmanaged)
  const undisturbed = join(directory, 'undisturbed')
  execFileSync('cp', ['-a', live, undisturbed])
  await commit(undisturbed, { sequence: 2, next, previous })
  const fixture = { directory, next, oldTree: snapshot(live), newTree: snapshot(undisturbed) }
  rmSync(undisturbed, { recursive: true })
  return fixture
}

interface Commit {
  readonly sequence: number
  readonly next: TestRelease
  readonly previous: TestRelease | undefined
}

async function commit(live: string, what: Commit): Promise<void> {
  const root = unsyncedRoot(live)
  await applyTest({ root, journal: memoryJournal(), ...what })
  root.close()
}

/** @returns whether it was killed, and not finished before */
function runChild(directory: string, at: number): Promise<boolean> {
  const script = new URL('../crash/commit-child.ts', import.meta.url).pathname
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [script, directory, String(at)], (err, stdout, stderr) => {
      if (stdout.startsWith('done ')) resolve(false)
      else if (err?.signal === 'SIGKILL') resolve(true)
      else reject(new Error(`the child failed: ${stderr}`))
    })
  })
}

/** Kills one commit at one call, recovers as a restarted agent does. */
async function crashAt({ directory, next, oldTree, newTree }: Fixture, at: number): Promise<CrashEnd> {
  const home = `${directory}-${at}`
  execFileSync('cp', ['-a', directory, home])
  try {
    const killed = await runChild(home, at)
    const store = await openStore(join(home, 'db'))
    const journal = new Journal({ store })
    const intent = await journal.pending(CHANNEL)
    const root = openTreeRoot(join(home, 'live'))
    if (intent !== undefined) {
      await rollForward({ root, journal, now: () => Date.now() }, intent, next.manifest)
      await journal.end(CHANNEL)
    }
    const found = snapshot(join(home, 'live'))
    root.close()
    await store.close()
    const side = !killed ? 'finished' : intent === undefined ? 'old' : 'new'
    return { at, found, wanted: side === 'old' ? oldTree : newTree, side }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** Kills a commit at its first changing call, another at its second, and so on to the end, two at a time. */
export async function crashEverywhere(init: CrashInit): Promise<readonly CrashEnd[]> {
  const fixture = await prepare(init)
  const ends: CrashEnd[] = []
  let [next, finished] = [1, false]
  const work = async (): Promise<void> => {
    while (!finished) {
      const end = await crashAt(fixture, next++)
      ends.push(end)
      finished ||= end.side === 'finished'
    }
  }
  await Promise.all([work(), work()])
  return ends.toSorted((a, b) => a.at - b.at)
}
