import { z } from 'zod'
import { type ChannelName, isBelow, ROOT_PATH, type TreePath } from '../../protocol/index.ts'
import type { Displaced } from '../commit/index.ts'
import { readJson, type Store, writeJson } from '../store/index.ts'
import { type RetainedAt, retainedKey } from './target-tree.ts'
import type { PipelineDeps } from './types.ts'

/** Byte strings are valid JSON text; these were written by this host itself. */
const schema = z.array(z.tuple([z.string(), z.string()]))
const keyOf = (retained: string): string => `displaced!${retained}`

/** Keeps which paths the inodes of a retained folder had. */
export const rememberDisplaced = (store: Store, retained: string, displaced: Displaced): Promise<void> =>
  writeJson(store, store.meta, keyOf(retained), [...displaced])

export const forgetDisplaced = (store: Store, retained: string): Promise<void> =>
  store.write([{ in: store.meta, key: keyOf(retained), value: undefined }])

/** Tells what path a name in a retained folder had in its release; the name itself where nobody knows any more. */
export async function originalPaths(
  { store }: PipelineDeps,
  channel: ChannelName,
  at: RetainedAt,
): Promise<(path: TreePath) => TreePath> {
  const { tree } = at.retained
  if (tree !== undefined) return (path) => (isBelow(path, tree) ? (path.slice(tree.length + 1) as TreePath) : ROOT_PATH)
  const parsed = schema.safeParse((await readJson(store.meta, keyOf(retainedKey(channel, at)))) ?? [])
  const moved = parsed.data ?? []
  return (path) => {
    for (const [original, now] of moved) {
      if (path === now) return original as TreePath
      if (path.startsWith(`${now}/`)) return `${original}${path.slice(now.length)}` as TreePath
    }
    return path
  }
}
