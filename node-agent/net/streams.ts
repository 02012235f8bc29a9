import type { Connection, Stream } from '@libp2p/interface'
import { isShoalError, LIMITS, type PeerKey, ShoalError, toWire } from '../../protocol/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import { FramedChannel } from './channel.ts'
import { isRelayed } from './addresses.ts'
import { deadline, reasonOf } from './deadline.ts'
import type { Members } from './members.ts'
import { Pacer } from './pacer.ts'
import type { Tracked } from './tracked.ts'
import type { Channel, ChannelHandler, ChannelOptions, NetPeer } from './types.ts'

export interface StreamsDeps {
  readonly members: Members
  readonly clock: Clock
  readonly log: Logger
  /** Ends with the run. */
  readonly signal: AbortSignal
  describe(peer: PeerKey): NetPeer | undefined
  /** A stream could not be opened in time. */
  late(tracked: Tracked): void
}

/** Opens and serves Shoal's own streams, with members only. */
export class Streams {
  /** Of all connections, whatever is sent on them. */
  readonly pacer: Pacer
  readonly #deps: StreamsDeps

  constructor(deps: StreamsDeps, init: { readonly paced: boolean }) {
    this.#deps = deps
    this.pacer = new Pacer({ ...deps, isSameSite: ({ peer }) => deps.describe(peer)?.sameSite === true }, init)
  }

  /** @throws PEER_GONE, PEER_TIMEOUT, CANCELLED */
  async open(
    peer: PeerKey,
    protocol: string,
    options: ChannelOptions & { readonly signal?: AbortSignal },
  ): Promise<Channel> {
    const { members, clock, signal } = this.#deps
    // The newest: an older one may have lost the other side.
    const all = members.members(peer).toReversed()
    const tracked = all.find(({ connection }) => !isRelayed(connection.remoteAddr)) ?? all[0]
    if (tracked === undefined) throw new ShoalError('PEER_GONE', 'the peer is not connected')
    const parents = options.signal === undefined ? [signal] : [signal, options.signal]
    using limit = deadline(clock, LIMITS.handshakeTimeoutMs, ...parents)
    try {
      const stream = await tracked.connection.newStream([protocol], { signal: limit.signal })
      return this.#channel(tracked, stream, options)
    } catch (err) {
      if (options.signal?.aborted === true) {
        throw new ShoalError('CANCELLED', 'opening a stream was cancelled', { cause: err })
      }
      const reason = reasonOf(err, limit.signal)
      if (isShoalError(reason, 'PEER_TIMEOUT')) this.#deps.late(tracked)
      throw isShoalError(reason)
        ? reason
        : new ShoalError('PEER_GONE', 'the peer did not open a stream', { cause: err })
    }
  }

  /** Serves a stream that a peer opened. The gate has let it pass; what is not a member's any more ends here. */
  serve(stream: Stream, connection: Connection, handler: ChannelHandler, options: ChannelOptions): void {
    const tracked = this.#deps.members.get(connection)
    const peer = tracked === undefined ? undefined : this.#deps.describe(tracked.peer)
    if (tracked?.state !== 'member' || peer === undefined) {
      stream.abort(new ShoalError('NOT_A_MEMBER', 'the peer has not proved membership'))
      return
    }
    const channel = this.#channel(tracked, stream, options)
    const { protocol } = stream
    handler(channel, peer).catch((err: unknown) => {
      const { code, message } = toWire(err)
      if (!channel.signal.aborted)
        this.#deps.log.debug('stream-failed', { peer: peer.peer, protocol, code, reason: message })
      channel.abort(err instanceof Error ? err : new ShoalError('INTERNAL', 'a stream handler failed'))
    })
  }

  #channel(tracked: Tracked, stream: Stream, { maxFrameBytes }: ChannelOptions): Channel {
    const { clock } = this.#deps
    const { pacer } = this
    const touch = (receivedBytes: number, sentBytes: number): void => {
      tracked.lastUsedMs = clock.now()
      if (receivedBytes > 0) tracked.heardMs = tracked.lastUsedMs
      tracked.traffic.add(receivedBytes, sentBytes, clock.monotonic())
      pacer.wake()
    }
    const line = {
      thin: () => pacer.ahead(tracked) !== undefined,
      wayMs: () => pacer.wayMs(tracked),
      room: (signal: AbortSignal) => pacer.room(tracked, signal),
    }
    const channel = new FramedChannel(stream, tracked.peer, { maxFrameBytes, touch, line })
    tracked.channels++
    channel.signal.addEventListener('abort', () => tracked.channels--, { once: true })
    return channel
  }
}
