import {
  ERRORS,
  fromWire,
  helloCodec,
  type HelloMessage,
  isShoalError,
  LIMITS,
  type PeerKey,
  ShoalError,
  type ShoalRecord,
  toWire,
} from '../../protocol/index.ts'
import type { Channel, MembershipBook } from './types.ts'

export interface HelloDeps {
  readonly book: MembershipBook
  readonly mesh: string
  /** Where this node can be reached. */
  addresses(): readonly string[]
  /** Throws when a member may not come in just now (banned). */
  check(peer: PeerKey): void
}

/** What a completed hello says of the other side. */
export interface HelloResult {
  readonly addresses: readonly string[]
  /** Records of its proof that were new here. */
  readonly learned: readonly ShoalRecord[]
}

/**
 * The dialling side of `/shoal/hello`: shows own proof, judges the answer (NET-4). On return both sides take each other for members.
 *
 * @throws what the other side refused with; NOT_A_MEMBER or the reason why its proof does not hold; WIRE_MALFORMED, PEER_GONE, CANCELLED
 */
export async function introduce(deps: HelloDeps, channel: Channel, signal: AbortSignal): Promise<HelloResult> {
  channel.send(ownHello(deps))
  const answer = await receive(channel, signal)
  if (answer.t === 'refused') throw refusal(answer)
  // A newcomer knows nobody who could vouch for the member it found: whom it dialled is the one to tell it of the rest.
  const result = await judged(deps, channel, answer, !deps.book.isNewcomer())
  channel.send(helloCodec.encode({ t: 'accepted' }))
  return result
}

/**
 * The dialled side: judges the dialler's proof and shows its own only to a member (NET-5).
 *
 * @throws as `introduce`
 */
export async function answer(deps: HelloDeps, channel: Channel, signal: AbortSignal): Promise<HelloResult> {
  const result = await judged(deps, channel, await receive(channel, signal), true)
  channel.send(ownHello(deps))
  const last = await receive(channel, signal)
  if (last.t === 'refused') throw refusal(last)
  if (last.t !== 'accepted') throw new ShoalError('WIRE_MALFORMED', 'the hello was not ended in order')
  return result
}

const ownHello = (deps: HelloDeps): Uint8Array => {
  const proof = [...deps.book.ownProof()]
  const addresses = deps.addresses().slice(0, LIMITS.addressesPerPeer)
  return helloCodec.encode({ t: 'hello', mesh: deps.mesh, proof, addresses: [...addresses] })
}

async function receive(channel: Channel, signal: AbortSignal): Promise<HelloMessage> {
  const frame = await channel.next(signal)
  if (frame === undefined) throw new ShoalError('PEER_GONE', 'the peer hung up during the hello')
  return helloCodec.decode(frame.header)
}

/** Judges a hello; a refusal is told to the other side before it is thrown. */
async function judged(
  deps: HelloDeps,
  channel: Channel,
  message: HelloMessage,
  introducing: boolean,
): Promise<HelloResult> {
  try {
    return await judge(deps, channel.peer, message, introducing)
  } catch (err) {
    const { code, message: text } = toWire(err)
    if (isShoalError(err)) channel.send(helloCodec.encode({ t: 'refused', code, message: text.slice(0, 1024) }))
    throw err
  }
}

async function judge(
  deps: HelloDeps,
  peer: PeerKey,
  message: HelloMessage,
  introducing: boolean,
): Promise<HelloResult> {
  if (message.t !== 'hello') throw new ShoalError('WIRE_MALFORMED', 'expected a hello')
  if (message.mesh !== deps.mesh) throw new ShoalError('RECORD_WRONG_MESH', 'the peer belongs to another mesh')
  const learned: ShoalRecord[] = []
  let reason: ShoalError | undefined
  for (const bytes of message.proof) {
    const offered = await deps.book.offer(bytes, { introducing })
    if (offered.outcome === 'new') learned.push(offered.record)
    if (offered.outcome === 'unjudged' || offered.outcome === 'rejected') reason ??= offered.error
    // What follows depends on what was refused; a stranger gets one verification for nothing, not hundreds.
    if (offered.outcome === 'rejected' && ERRORS[offered.error.code].blame === 'peer') break
  }
  if (deps.book.member(peer) === undefined) {
    throw reason ?? new ShoalError('NOT_A_MEMBER', 'the peer has shown no valid grant and binding')
  }
  deps.check(peer)
  return { addresses: message.addresses, learned }
}

const refusal = (message: { readonly code: string; readonly message: string }): ShoalError =>
  fromWire({ code: message.code, message: `the peer refused this node: ${message.message}` })
