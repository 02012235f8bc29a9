import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Digest, type PeerKey, type ShoalRecord, slotOf } from '../../protocol/index.ts'
import { openStore, RecordBook, type Store } from '../../node-agent/store/index.ts'
import { MESH, NOW_MS } from './mesh-fixture.ts'
import { tempDir } from './temp-dir.ts'

/** A book on a database of its own, with a clock to set. */
export interface BookFixture {
  readonly book: RecordBook
  readonly store: Store
  readonly clock: { ms: number }
  /** Offers records one after another; what came of each: `new`, `rejected CODE`, … */
  offer(...records: readonly ShoalRecord[]): Promise<string[]>
  /** As `offer`, of what a host shows of itself. */
  introduce(...records: readonly ShoalRecord[]): Promise<string[]>
  /** Slots that are kept, sorted. */
  slots(): string[]
  /** A second book over the same database. */
  reopen(): Promise<RecordBook>
}

export async function bookFixture(rootFingerprint: Digest, self?: PeerKey): Promise<BookFixture> {
  const store = await openStore(join(await tempDir(), 'db'))
  onTestFinished(() => store.close())
  const clock = { ms: NOW_MS }
  const open = () => new RecordBook({ store, clock: { now: () => clock.ms } }, { mesh: MESH, rootFingerprint, self })
  const book = open()
  const offerAll = async (records: readonly ShoalRecord[], introducing: boolean): Promise<string[]> => {
    const outcomes: string[] = []
    for (const { bytes } of records) {
      const result = await book.offer(bytes, { introducing })
      const code = 'error' in result ? result.error?.code : undefined
      outcomes.push(code === undefined ? result.outcome : `${result.outcome} ${code}`)
    }
    return outcomes
  }
  return {
    book,
    store,
    clock,
    offer: (...records) => offerAll(records, false),
    introduce: (...records) => offerAll(records, true),
    slots: () => [...book.summaries()].map(({ slot }) => slot).toSorted(),
    reopen: async () => {
      const again = open()
      await again.load()
      return again
    },
  }
}

export const slotsOf = (...records: readonly ShoalRecord[]): string[] => records.map(slotOf).toSorted()
