import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { rollForward } from '../../../node-agent/commit/index.ts'
import { openTreeRoot } from '../../../node-agent/fs/index.ts'
import { isShoalError } from '../../../protocol/index.ts'
import { canary, NOBODY, startAdversary } from '../../support/adversary.ts'
import {
  applyTest,
  CHANNEL,
  d,
  f,
  l,
  memoryJournal,
  releaseOf,
  type TreeSpec,
  writeTree,
} from '../../support/live-tree.ts'
import { tempDir } from '../../support/temp-dir.ts'

const AS_ROOT = process.getuid?.() === 0
const COMMITS = 120
const PATIENCE_MS = 90_000

/** Every kind of step below a directory of the adversary's. */
const OLD: TreeSpec = {
  sub: d,
  'sub/dir': d,
  'sub/dir/edit': f('old', 0o600),
  'sub/dir/gone': f('gone'),
  'sub/dir/turns': d,
  'sub/other': d,
}
const NEW: TreeSpec = {
  sub: d,
  'sub/dir': d,
  'sub/dir/edit': f('new', 0o644),
  'sub/dir/added': f('added'),
  'sub/dir/turns': l('edit'),
  'sub/dir/fresh': d,
  'sub/dir/fresh/in': f('in'),
  'sub/other': d,
  'sub/other/added': f('added'),
}

/** A source tree in which everything of `sub` belongs to the adversary, directories with a mode that would show on anything else. */
function writeSource(directory: string, spec: TreeSpec, mode: number): void {
  writeTree(directory, spec)
  for (const path of Object.keys(spec)) fs.lchownSync(join(directory, path), NOBODY, NOBODY)
  for (const path of ['sub/dir', 'sub/other']) fs.chmodSync(join(directory, path), mode)
}

test.runIf(AS_ROOT)(
  'FS-1 FS-10 whole commits change nothing outside, however a directory of the tree is exchanged meanwhile',
  { timeout: 120_000 },
  async () => {
    const above = await tempDir()
    fs.chmodSync(above, 0o711)
    const [live, outside] = [join(above, 'live'), join(above, 'outside')]
    writeSource(join(above, 'old'), OLD, 0o2755)
    writeSource(join(above, 'new'), NEW, 0o2775)
    const releases = [await releaseOf(join(above, 'old')), await releaseOf(join(above, 'new'))]
    writeTree(outside, { ...NEW, 'sub/dir/gone': f('outside') })
    // The way in goes to what has the names of the release.
    const way = join(outside, 'sub/dir')
    fs.writeFileSync(join(outside, 'own'), 'outside')
    fs.chownSync(join(outside, 'own'), NOBODY, NOBODY)
    fs.mkdirSync(live)
    const root = openTreeRoot(live)
    const journal = memoryJournal()
    await applyTest({ root, journal, sequence: 1, next: releases[0] ?? fail(), previous: undefined })
    fs.symlinkSync(way, join(live, 'sub/dir~'))
    fs.linkSync(join(outside, 'own'), join(live, 'sub/other~'))
    const before = canary(outside, new Set(['own']))
    const pairs = ['sub/dir', 'sub/other'].map((name) => [join(live, name), join(live, `${name}~`)] as const)
    const stop = await startAdversary(pairs)
    onTestFinished(async () => {
      await stop()
      root.close()
    })
    const ends = { done: 0, refused: 0 }
    let previous = releases[0] ?? fail()
    const patient = performance.now() + PATIENCE_MS
    const bothWon = (): boolean => ends.done > 0 && ends.refused > 0
    for (let i = 0; i < COMMITS || (!bothWon() && performance.now() < patient); i++) {
      const next = releases[(i + 1) % 2] ?? fail()
      try {
        await applyTest({ root, journal, sequence: i + 2, next, previous })
        previous = next
        ends.done++
      } catch (err) {
        if (!isShoalError(err)) throw err
        ends.refused++
        const intent = await journal.pending(CHANNEL)
        if (intent !== undefined) {
          await rollForward({ root, journal, now: () => 0 }, intent, next.manifest).catch((failed: unknown) => {
            if (!isShoalError(failed)) throw failed
          })
          await journal.end(CHANNEL)
        }
      }
      expect(canary(outside, new Set(['own']))).toEqual(before)
    }
    // Both sides won now and then.
    expect(ends.done).toBeGreaterThan(0)
    expect(ends.refused).toBeGreaterThan(0)
  },
)

function fail(): never {
  throw new Error('there are two releases')
}
