import {
  compareSummaries,
  encodeSummaries,
  LIMITS,
  type RecordBuckets,
  reconcileCodec,
  type ReconcileMessage,
  sendingOrder,
  ShoalError,
  type ShoalRecord,
  SLOT_HASH_BYTES,
  slotHash,
  type Summary,
  SUMMARY_BYTES,
  toHex,
} from '../../protocol/index.ts'
import type { Clock } from '../lifecycle/index.ts'
import type { Channel } from '../net/index.ts'
import { Judge } from './judge.ts'
import type { RecordBook } from './types.ts'

export interface SessionDeps {
  readonly book: Pick<RecordBook, 'offer' | 'get'>
  readonly buckets: RecordBuckets
  readonly clock: Clock
}

/** What one reconciliation did. */
export interface SessionResult {
  readonly outcome: 'same' | 'busy' | 'exchanged'
  /** Records that were new here. */
  readonly learned: readonly ShoalRecord[]
  readonly sent: number
}

/** Bytes of envelopes in one message: small enough that a thin link shows progress, see `receive`. */
const PAGE_BYTES = 64 * 1024
/** A peer that takes nothing for this long has hung up without saying so. */
const DRAIN_MS = 5 * 60_000

/**
 * The side that opens a session (RECONCILE-1 to RECONCILE-5). Both sides learn what they lack.
 *
 * @param salt 8 fresh random bytes
 * @throws WIRE_MALFORMED, WIRE_TOO_LARGE, PEER_GONE, PEER_TIMEOUT, CANCELLED, or what the peer's records were rejected for
 */
export async function reconcile(
  deps: SessionDeps,
  channel: Channel,
  salt: Uint8Array,
  signal: AbortSignal,
): Promise<SessionResult> {
  await send(deps, channel, { t: 'total', digest: deps.buckets.total(), salt }, signal)
  const answer = await receive(deps, channel, signal)
  if (answer.t === 'same' || answer.t === 'busy') return { outcome: answer.t, learned: [], sent: 0 }
  if (answer.t !== 'buckets') throw unexpected(answer)
  const differing = deps.buckets.differing(answer.digests)
  const ours = differing.flatMap((bucket) => [...deps.buckets.in(bucket)])
  await sendSummaries(deps, channel, differing, encodeSummaries(ours, salt), signal)
  const wanted = await receiveWants(deps, channel, signal)
  const slots = ours.filter(({ slot }) => wanted.has(slotHash(slot, salt)))
  return transfer(deps, channel, slots, signal)
}

/** The side that a session was opened to. `busy` turns it away. */
export async function answerReconcile(
  deps: SessionDeps,
  channel: Channel,
  busy: boolean,
  signal: AbortSignal,
): Promise<SessionResult> {
  const opening = await receive(deps, channel, signal)
  if (opening.t !== 'total') throw unexpected(opening)
  const same = toHex(opening.digest) === toHex(deps.buckets.total())
  if (same || busy) {
    const outcome = same ? 'same' : 'busy'
    await send(deps, channel, { t: outcome }, signal)
    return { outcome, learned: [], sent: 0 }
  }
  await send(deps, channel, { t: 'buckets', digests: deps.buckets.digests() }, signal)
  const theirs = await receiveSummaries(deps, channel, signal)
  const ours = theirs.buckets.flatMap((bucket) => [...deps.buckets.in(bucket)])
  const differences = compareSummaries(ours, theirs.items, opening.salt)
  await sendWants(deps, channel, differences.want, signal)
  const mine = new Set(differences.send)
  return transfer(
    deps,
    channel,
    ours.filter(({ slot }) => mine.has(slot)),
    signal,
  )
}

/** Sends own records and takes the other's at the same time, so that a thin link is used both ways. */
async function transfer(
  deps: SessionDeps,
  channel: Channel,
  records: readonly Summary[],
  signal: AbortSignal,
): Promise<SessionResult> {
  const order = records.toSorted(sendingOrder).map(({ slot }) => slot)
  const [learned] = await Promise.all([
    receiveRecords(deps, channel, signal),
    sendRecords(deps, channel, order, signal),
  ])
  return { outcome: 'exchanged', learned, sent: order.length }
}

async function sendSummaries(
  deps: SessionDeps,
  channel: Channel,
  buckets: readonly number[],
  items: Uint8Array,
  signal: AbortSignal,
): Promise<void> {
  const page = Math.floor(LIMITS.recordsMessageBytes / 2 / SUMMARY_BYTES) * SUMMARY_BYTES
  for (let at = 0; at === 0 || at < items.length; at += page) {
    const last = at + page >= items.length
    const named = at === 0 ? Uint8Array.from(buckets) : new Uint8Array()
    await send(deps, channel, { t: 'summaries', buckets: named, items: items.subarray(at, at + page), last }, signal)
  }
}

async function sendWants(deps: SessionDeps, channel: Channel, want: Uint8Array, signal: AbortSignal): Promise<void> {
  const page = LIMITS.recordsMessageBytes / 2
  for (let at = 0; at === 0 || at < want.length; at += page) {
    const last = at + page >= want.length
    await send(deps, channel, { t: 'want', slots: want.subarray(at, at + page), last }, signal)
  }
}

async function sendRecords(
  deps: SessionDeps,
  channel: Channel,
  slots: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  let page: Uint8Array[] = []
  let bytes = 0
  for (const slot of slots) {
    const record = deps.book.get(slot)
    if (record === undefined) continue
    page.push(record.bytes)
    bytes += record.bytes.length
    if (bytes < PAGE_BYTES && page.length < LIMITS.recordsPerMessage) continue
    await send(deps, channel, { t: 'records', records: page, last: false }, signal)
    page = []
    bytes = 0
  }
  await send(deps, channel, { t: 'records', records: page, last: true }, signal)
}

/** Pages of summaries, joined; bounded by what a node may keep. */
async function receiveSummaries(
  deps: SessionDeps,
  channel: Channel,
  signal: AbortSignal,
): Promise<{ readonly buckets: readonly number[]; readonly items: Uint8Array }> {
  const pages: Uint8Array[] = []
  let bytes = 0
  let buckets: Uint8Array | undefined
  for (;;) {
    const message = await receive(deps, channel, signal)
    if (message.t !== 'summaries') throw unexpected(message)
    buckets ??= message.buckets
    pages.push(message.items)
    bytes += message.items.length
    if (bytes > LIMITS.recordsKept * SUMMARY_BYTES)
      throw new ShoalError('WIRE_TOO_LARGE', 'the peer has too many records')
    if (message.last) break
  }
  const items = new Uint8Array(bytes)
  let at = 0
  for (const page of pages) {
    items.set(page, at)
    at += page.length
  }
  return { buckets: [...new Set(buckets)], items }
}

async function receiveWants(deps: SessionDeps, channel: Channel, signal: AbortSignal): Promise<ReadonlySet<string>> {
  const wanted = new Set<string>()
  for (;;) {
    const message = await receive(deps, channel, signal)
    if (message.t !== 'want') throw unexpected(message)
    for (let at = 0; at < message.slots.length; at += SLOT_HASH_BYTES) {
      wanted.add(toHex(message.slots.subarray(at, at + SLOT_HASH_BYTES)))
    }
    if (wanted.size > LIMITS.recordsKept) throw new ShoalError('WIRE_TOO_LARGE', 'the peer wants too many records')
    if (message.last) return wanted
  }
}

async function receiveRecords(
  deps: SessionDeps,
  channel: Channel,
  signal: AbortSignal,
): Promise<readonly ShoalRecord[]> {
  const judge = new Judge(deps.book)
  for (let received = 0; ;) {
    const message = await receive(deps, channel, signal)
    if (message.t !== 'records') throw unexpected(message)
    received += message.records.length
    if (received > LIMITS.recordsKept) throw new ShoalError('WIRE_TOO_LARGE', 'the peer sends too many records')
    await judge.judge(message.records)
    if (message.last) break
  }
  return judge.finish()
}

async function send(
  deps: SessionDeps,
  channel: Channel,
  message: ReconcileMessage,
  signal: AbortSignal,
): Promise<void> {
  if (channel.send(reconcileCodec.encode(message))) return
  const limit = new AbortController()
  const late = deps.clock.sleep(DRAIN_MS, { signal: limit.signal, unref: true }).then(
    () => {
      throw new ShoalError('PEER_TIMEOUT', 'the peer takes nothing any more')
    },
    () => undefined,
  )
  try {
    await Promise.race([channel.drained(signal), late])
  } finally {
    limit.abort()
  }
}

/** The next message. Waits as long as bytes keep arriving, however slowly; LIMITS.handshakeTimeoutMs without any is the end. */
async function receive(deps: SessionDeps, channel: Channel, signal: AbortSignal): Promise<ReconcileMessage> {
  const done = new AbortController()
  const next = channel.next(signal)
  try {
    const frame = await Promise.race([next, stalled(deps.clock, channel, done.signal)])
    if (frame === undefined) throw new ShoalError('PEER_GONE', 'the peer ended the reconciliation')
    return reconcileCodec.decode(frame.header)
  } finally {
    done.abort()
    next.catch(() => undefined)
  }
}

async function stalled(clock: Clock, channel: Channel, done: AbortSignal): Promise<never> {
  for (let before = -1; before !== channel.receivedBytes;) {
    before = channel.receivedBytes
    try {
      await clock.sleep(LIMITS.handshakeTimeoutMs, { signal: done, unref: true })
    } catch {
      return new Promise<never>(() => {})
    }
  }
  throw new ShoalError('PEER_TIMEOUT', 'the peer stopped in the middle of a reconciliation')
}

const unexpected = (message: ReconcileMessage): ShoalError =>
  new ShoalError('WIRE_MALFORMED', `a reconciliation does not go on with ${message.t}`)
