import type { FleetBook } from '../../node-agent/views/index.ts'
import {
  type ChannelStatus,
  type HeadBody,
  type Member,
  parseChannelName,
  parseDigest,
  parseHostName,
  parsePublicKey,
  parseSiteName,
  type PeerKey,
  peerKeyOf,
  type RecordBodies,
  type RecordKind,
  type RecordOf,
  type ShoalRecord,
  type StatusBody,
} from '../../protocol/index.ts'
import { TEST_MESH } from './fake-book.ts'
import { seededRng } from './test-mesh.ts'

const MANIFEST = parseDigest('ab'.repeat(32))
const NOTHING = new Uint8Array()
const WEB = parseChannelName('web')

/** A host's word on channel `web`: settled at `sequence` and proved, but for what `more` says. */
export const channelWord = (sequence: number, more: Partial<ChannelStatus> = {}): ChannelStatus => ({
  channel: WEB,
  sequence,
  manifest: MANIFEST,
  state: 'settled',
  proved: sequence > 0,
  provedAtMs: 1,
  progress: 1,
  targetSequence: sequence,
  received: { wireBytes: 10, sameSiteBytes: 6, otherSiteBytes: 4, wastedBytes: 0, reusedBytes: 0 },
  commit: undefined,
  retained: { releases: 0, bytes: 0, heldBytes: 0 },
  staleProcesses: [],
  atRisk: [],
  error: undefined,
  ...more,
})

export const headBody = (publishedAtMs: number, more: Partial<HeadBody> = {}): HeadBody => ({
  manifest: MANIFEST,
  manifestBytes: 1,
  manifestIndex: MANIFEST,
  entries: 3,
  treeBytes: 2048,
  publishedAtMs,
  expiresMs: publishedAtMs + 90 * 86_400_000,
  message: 'Spring',
  deltas: [],
  rollout: undefined,
  ...more,
})

/** Records of a mesh that nobody signed, for what is built from records that were judged already: members with their last words, heads, and who is told. */
export class SimulatedBook implements FleetBook {
  readonly #members = new Map<PeerKey, Member>()
  readonly #records = new Map<string, ShoalRecord>()
  readonly #listeners = new Set<(record: ShoalRecord) => void>()
  readonly #dropped = new Set<(slot: string) => void>()
  #versions = 0

  /** Enrols a host; its peer id. */
  enrol(host: string, site: string, labels: Readonly<Record<string, string>> = {}): PeerKey {
    const number = this.#members.size + 1
    const hostKey = parsePublicKey(number.toString(16).padStart(64, '0'))
    const peer = peerKeyOf(hostKey)
    const member = { peer, hostKey, host: parseHostName(host), site: parseSiteName(site), labels, boundAtMs: number }
    this.#members.set(peer, member)
    return peer
  }

  /** Keeps a record, and tells. */
  keep<K extends RecordKind>(kind: K, key: string, version: number, body: RecordBodies[K]): void {
    const id = parseDigest((++this.#versions).toString(16).padStart(64, '0'))
    const record = { mesh: TEST_MESH, kind, key, version, body, payload: NOTHING, signatures: [], bytes: NOTHING, id }
    const kept = record as unknown as ShoalRecord
    this.#records.set(`${kind}/${key}`, kept)
    for (const listener of this.#listeners) listener(kept)
  }

  say(peer: PeerKey, atMs: number, channels: readonly ChannelStatus[], more: Partial<StatusBody> = {}): void {
    const member = this.#members.get(peer)
    if (member === undefined) throw new Error('no member')
    const { host, site } = member
    this.keep('status', peer, ++this.#versions, {
      host,
      site,
      atMs,
      agentVersion: '1',
      addresses: [],
      channels,
      ...more,
    })
  }

  publish(channel: string, sequence: number, publishedAtMs: number, more: Partial<HeadBody> = {}): void {
    this.keep('head', channel, sequence, headBody(publishedAtMs, more))
  }

  members(): Iterable<Member> {
    return this.#members.values()
  }

  member(peer: PeerKey): Member | undefined {
    return this.#members.get(peer)
  }

  *all<K extends RecordKind>(kind: K): Iterable<RecordOf<K>> {
    for (const record of this.#records.values()) if (record.kind === kind) yield record as unknown as RecordOf<K>
  }

  get(slot: string): ShoalRecord | undefined {
    return this.#records.get(slot)
  }

  head(channel: string): RecordOf<'head'> | undefined {
    const record = this.get(`head/${channel}`)
    return record?.kind === 'head' ? record : undefined
  }

  onDropped(listener: (slot: string) => void): () => void {
    this.#dropped.add(listener)
    return () => void this.#dropped.delete(listener)
  }

  /** Takes a member back. */
  expel(peer: PeerKey): void {
    this.#members.delete(peer)
    for (const listener of this.#dropped) listener(`binding/${peer}`)
  }

  onNew(listener: (record: ShoalRecord) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }
}

/** A mesh of `hosts` hosts in `sites` sites on channel `web`, release 2, at all stages of taking it; seeded. */
export function simulatedMesh(hosts: number, sites: number, nowMs: number) {
  const book = new SimulatedBook()
  const rng = seededRng(7)
  const width = String(sites - 1).length
  const peers: PeerKey[] = []
  for (let i = 0; i < hosts; i++) {
    const site = `site-${String(i % sites).padStart(width, '0')}`
    peers.push(book.enrol(`host-${String(i).padStart(5, '0')}`, site, { role: i % 10 === 0 ? 'db' : 'web' }))
  }
  book.publish('web', 2, nowMs - 60_000)
  const words = (): ChannelStatus => {
    const dice = rng()
    if (dice < 0.4) return channelWord(2)
    if (dice < 0.9)
      return channelWord(1, {
        state: 'fetching',
        targetSequence: 2,
        progress: rng(),
        transfer: { leftBytes: Math.floor(rng() * 2 ** 30), bytesPerSecond: Math.floor(rng() * 2 ** 20) + 1 },
      })
    if (dice < 0.95) return channelWord(1)
    return channelWord(1, { state: 'failed', error: { code: 'NO_SPACE', message: 'the disk is full' } })
  }
  const speak = (peer: PeerKey, atMs: number): void => book.say(peer, atMs, [words()])
  for (const peer of peers) speak(peer, nowMs - Math.floor(rng() * 300_000))
  return { book, peers, speak }
}
