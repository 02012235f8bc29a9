import { LIMITS } from '../wire/limits.ts'

/** Bounds of the control API, each with its reason. Sizes in bytes. */
export const CONTROL_LIMITS = {
  /** One frame: see LIMITS. */
  messageBytes: LIMITS.controlMessageBytes,
  /** Nesting of a frame's value; the deepest document of the contract has 8. */
  depth: 32,
  /** Calls and streams that one link may have open: a console's every view with room to spare. */
  openCalls: 128,
  /** Items a stream may be ahead of its reader: pages of rows, so a few hide the round trip. */
  streamCredit: 8,
  /** Most credit that a caller may hold out. */
  maxStreamCredit: 1024,
  /** Rows in one item of a paged stream: about 200 KiB. */
  rowsPerPage: 1000,
  /** Links that one agent serves at once: terminals, a console and its windows. */
  links: 64,
  /** Answers that wait for a caller that does not read; beyond it the link is cut. */
  unsentBytes: 8 * LIMITS.controlMessageBytes,
  /** Characters of an error message that crosses a link. */
  errorText: 8 * 1024,
  /** Longest absolute path that Linux takes. */
  directoryBytes: 4096,
  /** A ticket as text: base-32 or wider of LIMITS.ticketBytes. */
  ticketText: 2 * LIMITS.ticketBytes,
  /** Ten years: longer than any key should live, and safe in a JavaScript date. */
  lifetimeMs: 10 * 366 * 24 * 3_600_000,
} as const
