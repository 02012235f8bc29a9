import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { switchTree, toSwitchIntent } from '../../node-agent/commit/index.ts'
import { openTreeRoot } from '../../node-agent/fs/index.ts'
import { SwitchJournal } from '../../node-agent/journal/index.ts'
import { areaBeside, ensureArea, slotPath } from '../../node-agent/stage/index.ts'
import { parseDigest, parseTreePath } from '../../protocol/index.ts'
import { crashEverywhere } from '../support/crash-matrix.ts'
import {
  applyTest,
  CHANNEL,
  d,
  f,
  h,
  l,
  memoryJournal,
  memoryStore,
  releaseOf,
  type TreeSpec,
  writeTree,
} from '../support/live-tree.ts'
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

/** Of a directory, its own. */
const timeOf = (path: string): number => fs.statSync(path).mtimeMs

test.each(MOUNTABLE)(
  'FS-13 on %s, directories have the times of the release after a commit in place and after a swap',
  async (kind) => {
    const above = await tempDir()
    const [source, point] = [join(above, 'new'), join(above, 'mnt')]
    onTestFinished(mountKind(kind, join(above, 'disk'), point))
    writeTree(join(above, 'old'), OLD)
    writeTree(source, NEW)
    for (const path of ['file2dir', 'dir', '']) fs.utimesSync(join(source, path), 1e9, 1e9)
    const [previous, next] = [await releaseOf(join(above, 'old')), await releaseOf(source)]
    const live = join(point, 'live')
    fs.mkdirSync(live)
    const root = openTreeRoot(live)
    onTestFinished(() => root.close())
    const journal = memoryJournal()
    await applyTest({ root, journal, sequence: 1, next: previous, previous: undefined })
    await applyTest({ root, journal, sequence: 2, next, previous })
    for (const path of ['file2dir', 'dir', '']) expect(timeOf(join(live, path)), path).toBe(1e12)

    const [near, name, manifest] = [openTreeRoot(point), parseTreePath('live'), parseDigest('ab'.repeat(32))]
    onTestFinished(() => near.close())
    const area = areaBeside(name)
    ensureArea(near, area)
    const staged = join(point, slotPath(manifest, 0, area))
    fs.mkdirSync(staged, { recursive: true })
    fs.utimesSync(staged, 1e9, 1e9)
    const deps = { near, area, name, journal: new SwitchJournal({ store: memoryStore() }), now: () => 0 }
    await switchTree(
      deps,
      toSwitchIntent(deps, { channel: CHANNEL, strategy: 'swap', sequence: 3, root: live, manifest }),
    )
    expect([fs.readdirSync(live), timeOf(live)]).toEqual([[], 1e12])
  },
)
