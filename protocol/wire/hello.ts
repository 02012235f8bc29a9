import { z } from 'zod'
import { messageCodec, bytesUpTo } from './codec.ts'
import { LIMITS } from './limits.ts'

const hello = z.strictObject({
  t: z.literal('hello'),
  /** Mesh id: peers of different meshes part at once. */
  mesh: z.string().max(64),
  /** Envelopes that prove the sender's membership: roots by version, own grant, own binding. */
  proof: z.array(bytesUpTo(LIMITS.recordBytes)).max(LIMITS.helloRecords),
  /** Multiaddrs at which the sender listens, so that others can find it again. */
  addresses: z.array(z.string().max(256)).max(LIMITS.addressesPerPeer),
})

/** The receiver takes the other for a member: streams may be opened. */
const accepted = z.strictObject({ t: z.literal('accepted') })

/** The receiver does not; the connection closes. Code and message are for the log of the refused. */
const refused = z.strictObject({ t: z.literal('refused'), code: z.string().max(64), message: z.string().max(1024) })

/**
 * `/shoal/hello/1.0.0`: the side that dialled sends `hello`; the other answers with its own `hello` when it takes the dialler for a member,
 * else with `refused`; the dialler ends with `accepted` or `refused`. The answering side thus shows its proof to members only.
 */
export const helloCodec = messageCodec('/shoal/hello', z.discriminatedUnion('t', [hello, accepted, refused]))
export type HelloMessage = ReturnType<typeof helloCodec.decode>
