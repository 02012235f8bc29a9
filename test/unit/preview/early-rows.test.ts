import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../../node-agent/lifecycle/index.ts'
import { Previews } from '../../../node-agent/preview/index.ts'
import { PREVIEW_LIMITS } from '../../../node-agent/preview/limits.ts'
import { ManifestStore } from '../../../node-agent/store/index.ts'
import type { PreviewItem } from '../../../protocol/control/index.ts'
import { type Digest, encodeManifest, type ManifestReading, parseChannelName } from '../../../protocol/index.ts'
import { writeTree, f, releaseOf } from '../../support/live-tree.ts'
import { tempDir } from '../../support/temp-dir.ts'

const FILES = 1_600
const nameOf = (i: number): string => `f${String(i).padStart(5, '0')}`

/** A home that keeps one release of a folder, some of whose files are gone since, and how often its manifest was decoded further. */
async function changedFolder(gone: readonly number[] = [0, FILES - 1]) {
  const folder = await tempDir()
  const [home, dir] = [join(folder, 'home'), join(folder, 'site')]
  mkdirSync(home)
  writeTree(dir, Object.fromEntries(Array.from({ length: FILES }, (_, i) => [nameOf(i), f('')])))
  const kept = new ManifestStore({ directory: home })
  const { manifest } = await releaseOf(dir)
  const id = await kept.save(encodeManifest(manifest))
  for (const i of gone) rmSync(join(dir, nameOf(i)))
  const steps = { count: 0 }
  const open = async (asked: Digest): Promise<ManifestReading | undefined> => {
    const reading = await kept.open(asked)
    return (
      reading && {
        ...{ count: reading.count, entries: reading.entries },
        step: () => {
          steps.count++
          return reading.step()
        },
      }
    )
  }
  const previews = new Previews({ manifests: { open }, clock: systemClock, home })
  const look = (signal: AbortSignal) =>
    previews.look({
      caller: { gone: new AbortController().signal },
      ...{ dir, channel: parseChannelName('web'), head: { version: 1, body: { manifest: id } }, exclude: [], signal },
    })
  return { look, steps }
}

const pathsOf = (item: PreviewItem): readonly string[] =>
  item.kind === 'rows' ? item.rows.map(({ path }) => path) : []

test('PREV-2 what comes first in the folder is told before all of the head is decoded, and in path order', async () => {
  const { look, steps } = await changedFolder()
  const stream = look(new AbortController().signal)
  const paths: string[] = []
  let stepsAtFirst = 0
  for (let step = await stream.next(); step.done !== true; step = await stream.next()) {
    paths.push(...pathsOf(step.value))
    if (paths.length > 0 && stepsAtFirst === 0) stepsAtFirst = steps.count
  }
  expect(paths).toEqual([nameOf(0), nameOf(FILES - 1)])
  expect(stepsAtFirst).toBe(1)
  expect(steps.count).toBeGreaterThan(3)
})

test('PREV-2 what is missing before a path comes in pages', async () => {
  const { look } = await changedFolder([...Array(FILES - 1).keys()])
  const items: PreviewItem[] = []
  for await (const item of look(new AbortController().signal)) items.push(item)
  const pages = items.map(pathsOf).filter(({ length }) => length > 0)
  expect(pages.flat()).toEqual(Array.from({ length: FILES - 1 }, (_, i) => nameOf(i)))
  expect(Math.max(...pages.map(({ length }) => length))).toBe(PREVIEW_LIMITS.rowsPerPage)
})

test('PREV-4 whoever cancels in the middle of the head lets no more of it be decoded', async () => {
  const { look, steps } = await changedFolder()
  const abort = new AbortController()
  const stream = look(abort.signal)
  for (let step = await stream.next(); step.done !== true; step = await stream.next())
    if (pathsOf(step.value).length > 0) break
  abort.abort()
  const rest = async (): Promise<void> => {
    for await (const _ of stream);
  }
  await expect(rest()).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(steps.count).toBeLessThan(3)
})
