import { z } from 'zod'
import type { ChannelName } from '../../protocol/index.ts'
import { readJson, type Store, writeJson } from './store.ts'

const schema = z.strictObject({ version: z.number().int().positive() })
const keyOf = (channel: ChannelName): string => `retried!${channel}`

/** Version of the last `retry` record that this host honoured for a channel; 0 for none. */
export async function readRetried(store: Store, channel: ChannelName): Promise<number> {
  const value = await readJson(store.meta, keyOf(channel))
  return value === undefined ? 0 : schema.parse(value).version
}

/** Durable when it resolves. */
export const writeRetried = (store: Store, channel: ChannelName, version: number): Promise<void> =>
  writeJson(store, store.meta, keyOf(channel), { version })
