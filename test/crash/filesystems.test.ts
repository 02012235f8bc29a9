import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { crashEverywhere } from '../support/crash-matrix.ts'
import { d, f, h, l, type TreeSpec } from '../support/live-tree.ts'
import { mountKind, MOUNTABLE } from '../support/loop-mount.ts'
import { tempDir } from '../support/temp-dir.ts'

/** One step of every kind, and no more: every call costs a process on every file system. */
const OLD: TreeSpec = {
  edit: f('old'),
  dir: d,
  'dir/gone': f('gone'),
  file2dir: f('was a file'),
  dir2link: d,
  'dir2link/in': f('in'),
  h1: f('linked'),
  h2: h('h1'),
  link: l('edit'),
}
const NEW: TreeSpec = {
  edit: f('new', 0o4755),
  dir: d,
  'dir/added': f('added'),
  file2dir: d,
  'file2dir/in': f('in'),
  dir2link: l('dir'),
  h1: f('linked anew'),
  h2: h('h1'),
  h3: h('h1'),
  link: l('dir/added'),
}
const UNMANAGED: TreeSpec = { 'dir/mine': f('mine') }

test.each(MOUNTABLE)(
  'COMMIT-5 on %s, a kill at every call leaves exactly the old or the new tree after recovery',
  { timeout: 120_000 },
  async (kind) => {
    const above = await tempDir()
    const point = join(above, 'mnt')
    onTestFinished(mountKind(kind, join(above, 'disk'), point))
    const ends = await crashEverywhere({ directory: join(point, 'home'), old: OLD, next: NEW, unmanaged: UNMANAGED })
    for (const { at, found, wanted } of ends) expect(found, `killed at call ${at}`).toEqual(wanted)
    const count = (side: string): number => ends.filter((end) => end.side === side).length
    // Both sides of the journal were hit, and the end was reached.
    expect(count('old')).toBeGreaterThan(10)
    expect(count('new')).toBeGreaterThan(10)
    expect(count('finished')).toBeGreaterThan(0)
  },
)
