/** Bounds of a query, each with its reason. */
export const QUERY_LIMITS = {
  /** UTF-16 units: a pasted list of a few dozen names. */
  text: 4096,
  /** Terms of a query, and values of a term: more would be a list, not a question. */
  terms: 64,
  values: 256,
  /** Candidates that a completion offers. */
  candidates: 50,
} as const
