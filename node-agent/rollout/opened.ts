import { z } from 'zod'
import type { Digest } from '../../protocol/index.ts'
import { readJson, type Store, writeJson } from '../store/index.ts'

/** How far a release was seen to be open: more evidence never closes a wave again. */
export interface Opened {
  /** Id of its head. */
  readonly head: Digest
  readonly open: number
  /** When waves from the second on were first seen open here, milliseconds, in order; null where that was not written down. */
  readonly seenMs: readonly (number | null)[]
}

const schema = z.strictObject({
  head: z.string(),
  open: z.number().int().positive(),
  seenMs: z.array(z.union([z.number(), z.null()])).default([]),
})
const keyOf = (channel: string): string => `rollout!${channel}`

/** What was seen open of a release; the first wave alone when nothing else is known. */
export async function readOpened(store: Store, channel: string, head: Digest): Promise<Opened> {
  const value = await readJson(store.meta, keyOf(channel))
  const opened = value === undefined ? undefined : schema.parse(value)
  return opened?.head === head ? { head, open: opened.open, seenMs: opened.seenMs } : { head, open: 1, seenMs: [] }
}

/** The same with more waves, which are seen open now. Pure. */
export function openedTo(before: Opened, open: number, nowMs: number): Opened {
  const seenMs = Array.from({ length: open - 1 }, (_, i) => (i + 2 > before.open ? nowMs : (before.seenMs[i] ?? null)))
  return { ...before, open, seenMs }
}

/** Durable when it resolves. */
export const writeOpened = (store: Store, channel: string, opened: Opened): Promise<void> =>
  writeJson(store, store.meta, keyOf(channel), opened)
