import type { ErrorCode, ShoalError } from '../../protocol/index.ts'

/**
 * Reasons of rejection that no honest node would have passed on. Others (an expiry seen a second later, a signer revoked here already, the
 * second of two equivocating records, a kind of record that only a newer version knows) happen between honest nodes and cost nothing
 * (ANNOUNCE-3).
 */
const FORGERIES: ReadonlySet<ErrorCode> = new Set([
  'RECORD_TOO_LARGE',
  'RECORD_WRONG_MESH',
  'RECORD_UNSIGNED',
  'RECORD_SIGNATURE_INVALID',
])

/** Whoever sent such a record made it up. */
export const isForgery = (error: ShoalError): boolean => FORGERIES.has(error.code)
