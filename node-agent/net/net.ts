import { LIMITS, type PeerKey, ShoalError, type ShoalRecord } from '../../protocol/index.ts'
import { peerKeyOfPrivate, readPrivateKey } from './private-key.ts'
import type { Validator } from './gossip.ts'
import { NOWHERE } from './reach.ts'
import { Run } from './run.ts'
import type { Served } from './run-types.ts'
import type {
  Channel,
  ChannelHandler,
  ChannelOptions,
  Net,
  NetConnection,
  NetDeps,
  NetInit,
  NetPeer,
  NetReach,
} from './types.ts'

/** Makes the mesh node of one host, not yet started. @throws STORE_CORRUPT when the key cannot be read */
export const createNet = (deps: NetDeps, init: NetInit): Net => new ShoalNet(deps, init)

/** Lasts over restarts: what is served and who listens. Everything else belongs to one run. */
class ShoalNet implements Net {
  readonly peerId: PeerKey
  readonly #deps: NetDeps
  readonly #init: NetInit
  readonly #key: ReturnType<typeof readPrivateKey>
  readonly #served = new Map<string, Served>()
  readonly #topics = new Map<string, Validator>()
  readonly #onPeer = new Set<(peer: NetPeer) => void>()
  readonly #onPeerGone = new Set<(peer: PeerKey) => void>()
  readonly #onAddresses = new Set<(changed: undefined) => void>()
  readonly #onLearned = new Set<(record: ShoalRecord) => void>()
  #run: Run | undefined
  #beginning: Promise<void> = Promise.resolve()

  constructor(deps: NetDeps, init: NetInit) {
    this.#deps = deps
    this.#init = init
    this.#key = readPrivateKey(init.privateKey)
    this.peerId = peerKeyOfPrivate(this.#key)
  }

  async start(): Promise<void> {
    if (this.#run !== undefined) return
    const init = { ...this.#init, self: this.peerId, key: this.#key, served: this.#served, topics: this.#topics }
    const run = new Run(this.#deps, init, {
      peer: (peer) => this.#tell(this.#onPeer, peer),
      peerGone: (peer) => this.#tell(this.#onPeerGone, peer),
      learned: (record) => this.#tell(this.#onLearned, record),
      addresses: () => this.#tell(this.#onAddresses, undefined),
    })
    this.#run = run
    const beginning = run.begin()
    this.#beginning = beginning.catch(() => undefined)
    try {
      await beginning
    } catch (err) {
      await this.stop()
      throw err
    }
  }

  async stop(): Promise<void> {
    const run = this.#run
    this.#run = undefined
    if (run === undefined) return
    run.cancel()
    const done = new AbortController()
    const late = this.#deps.clock.sleep(LIMITS.stopMs, { signal: done.signal }).catch(() => undefined)
    await Promise.race([this.#beginning.then(() => run.end()), late])
    done.abort()
  }

  addresses(): readonly string[] {
    return this.#run?.addresses() ?? []
  }

  reach(): NetReach {
    return this.#run?.reach() ?? NOWHERE
  }

  connections(): readonly NetConnection[] {
    return this.#run?.members.list() ?? []
  }

  peers(): readonly NetPeer[] {
    return this.#run?.peers() ?? []
  }

  dial(address: string, options: { readonly signal?: AbortSignal } = {}): Promise<NetPeer> {
    return this.#started().dial(address, options.signal)
  }

  learn(peer: PeerKey, addresses: readonly string[]): void {
    this.#run?.learn(peer, addresses)
  }

  recheck(): void {
    this.#run?.members.recheck()
  }

  doubt(peer: PeerKey): void {
    this.#run?.doubt(peer)
  }

  ban(peer: PeerKey, error: ShoalError, ms: number): void {
    this.#run?.ban(peer, error, ms)
  }

  onPeer(listener: (peer: NetPeer) => void): () => void {
    this.#onPeer.add(listener)
    for (const peer of this.peers()) listener(peer)
    return () => void this.#onPeer.delete(listener)
  }

  onPeerGone(listener: (peer: PeerKey) => void): () => void {
    this.#onPeerGone.add(listener)
    return () => void this.#onPeerGone.delete(listener)
  }

  onAddresses(listener: () => void): () => void {
    this.#onAddresses.add(listener)
    return () => void this.#onAddresses.delete(listener)
  }

  onLearned(listener: (record: ShoalRecord) => void): () => void {
    this.#onLearned.add(listener)
    return () => void this.#onLearned.delete(listener)
  }

  handle(protocol: string, handler: ChannelHandler, { maxFrameBytes }: ChannelOptions): void {
    this.#served.set(protocol, { handler, maxFrameBytes })
  }

  open(peer: PeerKey, protocol: string, options: ChannelOptions & { readonly signal?: AbortSignal }): Promise<Channel> {
    return this.#started().streams.open(peer, protocol, options)
  }

  subscribe(topic: string, validate: Validator): void {
    this.#topics.set(topic, validate)
  }

  async publish(topic: string, bytes: Uint8Array): Promise<void> {
    await this.#run?.publish(topic, bytes)
  }

  #started(): Run {
    if (this.#run === undefined) throw new ShoalError('PEER_GONE', 'the node is not started')
    return this.#run
  }

  #tell<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
    for (const listener of listeners) listener(value)
  }
}
