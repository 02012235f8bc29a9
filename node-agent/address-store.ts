import { z } from 'zod'
import { parsePeerKey, type PeerKey } from '../protocol/index.ts'
import type { AddressBook } from './net/index.ts'
import { readJson, type Store, writeJson } from './store/index.ts'

const PREFIX = 'addresses!'
const schema = z.array(z.string())

/** Known addresses of members, kept in the home so that they survive restarts. */
export const createAddressStore = (store: Store): AddressBook => ({
  load: async () => {
    const known: { peer: PeerKey; addresses: readonly string[] }[] = []
    for await (const key of store.meta.keys({ gte: PREFIX, lt: 'addresses"' })) {
      const parsed = schema.safeParse(await readJson(store.meta, key))
      if (parsed.success) known.push({ peer: parsePeerKey(key.slice(PREFIX.length)), addresses: parsed.data })
    }
    return known
  },
  save: (peer, addresses) => writeJson(store, store.meta, `${PREFIX}${peer}`, addresses),
})
