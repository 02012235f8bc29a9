/**
 * The query of hosts, one grammar for command line, console and rollouts:
 *
 *     is:failed -site:oslo release:<12 label:role=web,db spare
 *
 * Terms are separated by blanks and must all hold; `-` in front of one means that it must not; commas mean "or". A word without a key is a part
 * of the host's name. Values with blanks, commas or quotes stand in double quotes, in which `\"` and `\\` are a quote and a backslash; outside of
 * them `*` in a value of text stands for anything.
 */
export interface HostQuery {
  readonly terms: readonly QueryTerm[]
}

export type QueryTerm = TextTerm | LabelTerm | NumberTerm

interface TermBase {
  readonly negated: boolean
  /** Where it stands in the text, in UTF-16 units: from its first to behind its last. */
  readonly from: number
  readonly to: number
}

/** One of the patterns must fit. `name` has no key in the text: it must occur in the host's name. */
export interface TextTerm extends TermBase {
  readonly key: TextKey | 'name'
  readonly patterns: readonly Pattern[]
}

/** One of the labels must be there, and with a fitting value where one is given. */
export interface LabelTerm extends TermBase {
  readonly key: 'label'
  readonly labels: readonly { readonly label: string; readonly value: Pattern | undefined }[]
}

/** One of the numbers must compare as said. `heard` is an age in milliseconds, `left` bytes. */
export interface NumberTerm extends TermBase {
  readonly key: NumberKey
  readonly comparison: Comparison
  readonly numbers: readonly number[]
}

/** Text in pieces between which anything may stand: one piece is exact text. */
export type Pattern = readonly string[]

export type TextKey = 'is' | 'site' | 'host' | 'channel' | 'error'
export type NumberKey = 'release' | 'want' | 'wave' | 'stale' | 'heard' | 'left'
export type QueryKey = TextKey | NumberKey | 'label'
export type Comparison = '=' | '<' | '<=' | '>' | '>='

/** What is wrong with a query, and where. */
export interface QueryError {
  readonly from: number
  readonly to: number
  /** For people: `there is no "colour:"; a query has is:, site:, …`. */
  readonly message: string
  /** The text is only not complete: a value or a closing quote is missing at its end. */
  readonly incomplete: boolean
}

export type ParsedQuery =
  | { readonly ok: true; readonly query: HostQuery }
  | { readonly ok: false; readonly error: QueryError }

/** What a query looks at. */
export interface QueryRow {
  readonly host: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  /** Channels that it has as targets. */
  readonly channels: readonly string[]
  readonly release: number
  readonly want: number
  /** Of the rollout of the release that it should be at, from 1; null when that is not known. */
  readonly wave: number | null
  /** One of HOST_CONDITIONS. */
  readonly state: string
  readonly proved: boolean
  /** `CODE: message`. */
  readonly error: string | null
  /** Processes that run on an older release. */
  readonly stale: number
  readonly left: number | null
  readonly heardMs: number | null
}
