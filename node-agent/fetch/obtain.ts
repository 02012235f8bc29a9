import type { ChannelName, ChunkRef, Digest, PeerKey } from '../../protocol/index.ts'
import type { LocalChunks, PackStore } from '../store/index.ts'
import type { CountSum } from './count-sum.ts'
import type { Fetcher, Spending } from './types.ts'

export interface ObtainDeps {
  readonly chunks: Pick<LocalChunks, 'read' | 'announce'>
  readonly packs: Pick<PackStore, 'has' | 'put' | 'flush'>
  readonly fetcher: Fetcher
}

export interface ObtainOptions {
  readonly signal: AbortSignal
  readonly counts: CountSum
  /** Connected members of this host's site that miss the same now: what is obtained is shared out among them. */
  readonly partners?: () => ReadonlySet<PeerKey>
  readonly spending?: Spending
  readonly channel?: ChannelName
  /** Told of every wanted chunk that is here, and of every one that comes. */
  readonly onPiece?: (digest: Digest, bytes: number) => void
}

/** Chunks that a list names, numbered as in have-announcements: the list is number 0. */
export interface Listed {
  /** Digest of the list; undefined for chunks that belong to none. */
  readonly list: Digest | undefined
  readonly refs: readonly ChunkRef[]
  /** What of it is wanted, indices into `refs`. */
  readonly wanted: Iterable<number>
  /** There is another way: reject with NO_SOURCE where nobody has it. */
  readonly optional: boolean
}

/** Received chunks are made durable, and readable for neighbours, in portions of this, or after this time: a cut costs no more. */
const FLUSH_BYTES = 2 * 1024 * 1024
const FLUSH_MS = 100

/**
 * Makes sure that chunks are here, kept in the packs and served to neighbours at once where they came from peers (DELTA-13).
 * @throws NO_SOURCE, NO_SPACE, CANCELLED
 */
export async function obtain(deps: ObtainDeps, listed: Listed, options: ObtainOptions): Promise<void> {
  const { chunks, packs, fetcher } = deps
  const { list, refs, optional } = listed
  const missing: number[] = []
  const asked = new Map<Digest, number>()
  for (const i of listed.wanted) {
    const digest = refs[i]?.digest
    if (digest === undefined || asked.has(digest)) continue
    asked.set(digest, i)
    const here = await chunks.read(digest)
    if (here === undefined) missing.push(i)
    else options.onPiece?.(digest, here.length)
  }
  if (missing.length === 0) return
  const { partners, spending, channel } = options
  const shared = list !== undefined && partners !== undefined && partners().size > 0
  let unflushed = 0
  let timer: NodeJS.Timeout | undefined
  let news: number[] = []
  const flush = async (): Promise<void> => {
    unflushed = 0
    clearTimeout(timer)
    timer = undefined
    const told = news
    news = []
    await packs.flush()
    // Said once it can be read: whoever is told asks at once.
    if (list !== undefined && told.length > 0) chunks.announce(list, told)
  }
  const onChunk = async (digest: Digest, bytes: Uint8Array): Promise<void> => {
    await packs.put(digest, bytes)
    options.onPiece?.(digest, bytes.length)
    const index = asked.get(digest)
    if (index !== undefined) news.push(index)
    unflushed += bytes.length
    if (unflushed >= FLUSH_BYTES) return flush()
    // Neighbours may wait for just this one. What fails here fails again at the end, and is told there.
    timer ??= setTimeout(() => void flush().catch(() => undefined), FLUSH_MS)
  }
  const job = {
    chunks: refs,
    missing,
    optional,
    onChunk,
    ...(spending && { spending }),
    ...(channel && { channel }),
    ...(shared ? { manifest: list, partners } : { manifest: undefined }),
  }
  const onCounts = options.counts.next()
  try {
    onCounts(await fetcher.fetch(job, { signal: options.signal, onCounts }))
  } finally {
    await flush()
  }
}
