import { z } from 'zod'
import { digestBytes, messageCodec } from './codec.ts'
import { LIMITS } from './limits.ts'

/** Asks by which deltas one release becomes another. `make`: a missing one may be made, if the answering side can; the answer then takes its time. */
const chain = z.strictObject({ t: z.literal('chain'), from: digestBytes, to: digestBytes, make: z.boolean() })

/** One delta of a chain: the release that it leads to, the bytes of that one's manifest, and the delta's blob. */
const step = z.strictObject({
  to: digestBytes,
  manifestBytes: z.number().int().min(1).max(LIMITS.manifestBytes),
  blob: digestBytes,
  bytes: z.number().int().min(1),
})

/** The chain in order, each delta from where the one before led; empty when the answering side knows none. */
const steps = z.strictObject({ t: z.literal('steps'), steps: z.array(step).max(LIMITS.deltasPerChain) })

/** `/shoal/deltas/1.0.0`, one question a stream: `chain` → `steps`. */
export const deltasCodec = messageCodec('/shoal/deltas', z.discriminatedUnion('t', [chain, steps]))
export type DeltasMessage = ReturnType<typeof deltasCodec.decode>
