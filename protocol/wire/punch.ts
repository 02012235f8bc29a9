import { z } from 'zod'
import { messageCodec } from './codec.ts'
import { LIMITS } from './limits.ts'

/** Where this side may be found from outside, as multiaddrs: seen there, or guessed from what was seen. */
const places = z.strictObject({
  t: z.literal('places'),
  addresses: z.array(z.string().max(LIMITS.textBytes)).max(LIMITS.addressesPerPeer),
})

/** Dial now. */
const now = z.strictObject({ t: z.literal('now') })

/** `/shoal/punch/1.0.0`, over a relayed connection, opened by the side that accepted that: `places` → `places`, then `now`, upon which both dial. */
export const punchCodec = messageCodec('/shoal/punch', z.discriminatedUnion('t', [places, now]))
