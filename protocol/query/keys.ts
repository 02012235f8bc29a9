import { HOST_CONDITIONS } from '../status/index.ts'
import type { QueryKey } from './types.ts'

interface KeyInfo {
  readonly kind: 'word' | 'text' | 'label' | 'count' | 'age' | 'bytes'
  /** What it is about, for completion and help. */
  readonly about: string
  /** It can change without anybody touching the host's enrolment: not for choosing hosts of a wave. */
  readonly changes: boolean
}

/** Every key of the grammar. */
export const QUERY_KEYS: Readonly<Record<QueryKey, KeyInfo>> = {
  is: { kind: 'word', about: 'state of the host', changes: true },
  site: { kind: 'text', about: 'site', changes: false },
  host: { kind: 'text', about: 'name, whole', changes: false },
  label: { kind: 'label', about: 'label, or label=value', changes: false },
  channel: { kind: 'text', about: 'has the channel as a target', changes: true },
  release: { kind: 'count', about: 'release that is live there', changes: true },
  want: { kind: 'count', about: 'release that it should be at', changes: true },
  wave: { kind: 'count', about: 'its wave of the rollout', changes: true },
  error: { kind: 'text', about: 'code of its error', changes: true },
  stale: { kind: 'count', about: 'processes on an older release', changes: true },
  heard: { kind: 'age', about: 'age of its last word: heard:>10m', changes: true },
  left: { kind: 'bytes', about: 'bytes that it has yet to get: left:>1GiB', changes: true },
}

/** Other spellings that people expect. */
export const KEY_ALIASES: ReadonlyMap<string, QueryKey> = new Map([
  ['version', 'release'],
  ['state', 'is'],
  ['name', 'host'],
])

/**
 * Words of `is:`: the states, and what goes across them. `proved` whatever is live there; `behind` the release that it should be at; `stale` with processes
 * on an older release; `heard` of lately; `at-work` on a release.
 */
export const IS_WORDS: readonly string[] = [...HOST_CONDITIONS, 'proved', 'behind', 'stale', 'heard', 'at-work']

export const isQueryKey = (word: string): word is QueryKey => Object.hasOwn(QUERY_KEYS, word)
