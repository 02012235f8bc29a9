import {
  DELTAS_PROTOCOL,
  deltasCodec,
  type Digest,
  digestFromBytes,
  fromHex,
  isShoalError,
  LIMITS,
  ShoalError,
  toWire,
} from '../../protocol/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import { deadline } from '../net/deadline.ts'
import type { Net, NetPeer } from '../net/index.ts'
import { type DeltaStep, isChain } from './chain.ts'

/** Where chains of deltas are asked for. */
export interface DeltaChains {
  /** The first chain that a connected member offers, the own site's first; empty when none does. What it names is checked when it is used. @throws CANCELLED */
  ask(from: Digest, to: Digest, signal: AbortSignal): Promise<readonly DeltaStep[]>
}

export interface DeltaChainsDeps {
  readonly net: Pick<Net, 'peers' | 'open' | 'ban'>
  readonly clock: Clock
  readonly log: Logger
}

export const createDeltaChains = (deps: DeltaChainsDeps): DeltaChains => ({
  ask: async (from, to, signal) => {
    const peers = deps.net.peers().toSorted((a, b) => Number(b.sameSite) - Number(a.sameSite))
    for (const peer of peers.slice(0, LIMITS.deltaPeersAsked)) {
      if (signal.aborted) throw new ShoalError('CANCELLED', 'a newer release came')
      const steps = await askPeer(deps, peer, { from, to }, signal)
      if (steps.length > 0) return steps
    }
    return []
  },
})

async function askPeer(
  { net, clock, log }: DeltaChainsDeps,
  { peer }: NetPeer,
  { from, to }: { readonly from: Digest; readonly to: Digest },
  parent: AbortSignal,
): Promise<readonly DeltaStep[]> {
  using until = deadline(clock, LIMITS.deltaWaitMs, parent)
  const { signal } = until
  try {
    const channel = await net.open(peer, DELTAS_PROTOCOL, { maxFrameBytes: LIMITS.deltasMessageBytes, signal })
    try {
      channel.send(deltasCodec.encode({ t: 'chain', from: fromHex(from), to: fromHex(to), make: true }))
      const frame = await channel.next(signal)
      const answer = frame && deltasCodec.decode(frame.header)
      if (answer === undefined) return []
      if (answer.t !== 'steps') throw new ShoalError('WIRE_MALFORMED', 'an answer was expected')
      const steps = chained(from, answer.steps)
      if (steps.length > 0 && !isChain(steps, from, to))
        throw new ShoalError('WIRE_MALFORMED', 'the deltas offered lead elsewhere')
      return steps
    } finally {
      await channel.close()
    }
  } catch (err) {
    if (parent.aborted) throw new ShoalError('CANCELLED', 'a newer release came', { cause: err })
    const { code, message } = toWire(err)
    log.debug('chain-not-told', { peer, code, reason: message })
    if (isShoalError(err, 'WIRE_MALFORMED')) net.ban(peer, err, LIMITS.peerBanMs)
    return []
  }
}

/** Each delta is from where the one before led. */
function chained(
  from: Digest,
  steps: readonly {
    readonly to: Uint8Array
    readonly manifestBytes: number
    readonly blob: Uint8Array
    readonly bytes: number
  }[],
): readonly DeltaStep[] {
  let at = from
  return steps.map(({ to, manifestBytes, blob, bytes }) => {
    const step = { from: at, to: digestFromBytes(to), manifestBytes, blob: digestFromBytes(blob), bytes }
    at = step.to
    return step
  })
}
