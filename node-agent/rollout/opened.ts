import { z } from 'zod'
import type { Digest } from '../../protocol/index.ts'
import { readJson, type Store, writeJson } from '../store/index.ts'

/** How far a release was seen to be open: more evidence never closes a wave again. */
interface Opened {
  /** Id of its head. */
  readonly head: Digest
  readonly open: number
}

const schema = z.strictObject({ head: z.string(), open: z.number().int().positive() })
const keyOf = (channel: string): string => `rollout!${channel}`

/** Waves of a release that were seen open; 1 when nothing else is known. */
export async function readOpened(store: Store, channel: string, head: Digest): Promise<number> {
  const value = await readJson(store.meta, keyOf(channel))
  const opened = value === undefined ? undefined : schema.parse(value)
  return opened?.head === head ? opened.open : 1
}

/** Durable when it resolves. */
export const writeOpened = (store: Store, channel: string, opened: Opened): Promise<void> =>
  writeJson(store, store.meta, keyOf(channel), opened)
