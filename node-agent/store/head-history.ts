import { decodeRecord, headHolds, type RecordOf, type ShoalRecord, slotOf } from '../../protocol/index.ts'
import type { Store, StoreChange } from './store.ts'

/** The part of the database that remembers every head that was a channel's current one. */

const sequenceText = (version: number): string => String(version).padStart(16, '0')
const headKey = ({ key, version }: RecordOf<'head'>): string => `head!${key}!${sequenceText(version)}`

/** What keeps a record: its slot, and for a head its place in the channel's past. */
export function keepChanges(store: Store, record: ShoalRecord): readonly StoreChange[] {
  const slot = { in: store.records, key: slotOf(record), value: record.bytes }
  return record.kind === 'head' ? [slot, { in: store.history, key: headKey(record), value: record.bytes }] : [slot]
}

/** Heads of a channel, oldest first. */
export async function readHeads(store: Store, channel: string): Promise<RecordOf<'head'>[]> {
  const heads: RecordOf<'head'>[] = []
  for await (const bytes of store.history.values({ gte: `head!${channel}!`, lt: `head!${channel}"` })) {
    const record = await decodeRecord(bytes)
    if (record.kind === 'head') heads.push(record)
  }
  return heads
}

/**
 * Where a channel goes back to when a root withdraws its head: the newest release of its past that holds under that root, undefined when
 * none does. What came after it is no past of the channel any more, and is kept as evidence only.
 */
export async function fallBack(
  store: Store,
  channel: string,
  root: RecordOf<'root'>,
): Promise<{ readonly head: RecordOf<'head'> | undefined; readonly changes: readonly StoreChange[] }> {
  const past = await readHeads(store, channel)
  const head = past.findLast((old) => headHolds(old, root))
  const withdrawn = past.filter(({ version }) => version > (head?.version ?? 0))
  return {
    head,
    changes: withdrawn.flatMap((gone) => [
      { in: store.history, key: headKey(gone), value: undefined },
      { in: store.history, key: `withdrawn!${channel}!${sequenceText(gone.version)}!${gone.id}`, value: gone.bytes },
    ]),
  }
}
