import { z } from 'zod'
import { ShoalError } from '../errors/index.ts'
import type { RecordOf } from '../records/index.ts'
import { LIMITS } from '../wire/limits.ts'
import { decodeLine, encodeLine } from './text-line.ts'

/** A root step that is carried by hand: what proves the root it follows, and the signatures that it has so far. No secret. */
export interface StepEnvelopes {
  /** Envelopes of every root from version 1 to the one in force. */
  readonly roots: readonly Uint8Array[]
  /** Envelopes of the proposals of one record. */
  readonly proposals: readonly Uint8Array[]
}

const PREFIX = 'shoalstep1'
const envelopes = (max: number) => z.array(z.instanceof(Uint8Array)).min(1).max(max)
const schema = z.strictObject({ roots: envelopes(1024), proposals: envelopes(LIMITS.recordSignatures) })

export const encodeStep = (
  roots: readonly RecordOf<'root'>[],
  proposals: readonly RecordOf<'proposal'>[],
): Promise<string> =>
  encodeLine(PREFIX, { roots: roots.map(({ bytes }) => bytes), proposals: proposals.map(({ bytes }) => bytes) })

/** Reads the form only; every record in it is judged by whoever takes it in. @throws STEP_MALFORMED */
export async function decodeStep(line: string): Promise<StepEnvelopes> {
  const malformed = (why: string, cause?: unknown): ShoalError =>
    new ShoalError('STEP_MALFORMED', `this is no whole root step: ${why}; copy the whole line again`, { cause })
  const value = await decodeLine(line.trim(), { prefix: PREFIX, maxChars: LIMITS.stepChars, malformed })
  const parsed = schema.safeParse(value)
  if (!parsed.success) throw malformed('its content has another form', parsed.error)
  return parsed.data
}
