import { z } from 'zod'
import type { ChannelName } from '../../protocol/index.ts'
import { readJson, type Store, writeJson } from './store.ts'

/** A release that this host rolled back and does not try again unless told. */
export interface Rejected {
  readonly sequence: number
  /** Why, with the tail of what its health check said. */
  readonly message: string
}

const schema = z.strictObject({ sequence: z.number().int().positive(), message: z.string() })
const keyOf = (channel: ChannelName): string => `rejected!${channel}`

export async function readRejected(store: Store, channel: ChannelName): Promise<Rejected | undefined> {
  const value = await readJson(store.meta, keyOf(channel))
  return value === undefined ? undefined : schema.parse(value)
}

/** Durable when it resolves. */
export const writeRejected = (store: Store, channel: ChannelName, rejected: Rejected): Promise<void> =>
  writeJson(store, store.meta, keyOf(channel), rejected)

export const forgetRejected = (store: Store, channel: ChannelName): Promise<void> =>
  store.write([{ in: store.meta, key: keyOf(channel), value: undefined }], { sync: true })
