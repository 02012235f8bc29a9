import { IS_WORDS, isQueryKey, KEY_ALIASES, QUERY_KEYS } from './keys.ts'
import { QUERY_LIMITS } from './limits.ts'
import { exactTerm, labelTerm } from './print.ts'
import type { QueryKey } from './types.ts'

/** Words that a query may use in a mesh, each list most frequent first. */
export interface CompletionWords {
  readonly sites: readonly string[]
  readonly channels: readonly string[]
  readonly releases: readonly number[]
  readonly labels: readonly { readonly key: string; readonly values: readonly string[] }[]
  readonly errors: readonly string[]
}

export interface Completion {
  /** What a candidate takes the place of. */
  readonly from: number
  readonly to: number
  readonly candidates: readonly Candidate[]
}

export interface Candidate {
  readonly text: string
  /** What it is about; empty for values. */
  readonly about: string
}

/**
 * What may stand at `cursor`: keys while a word is typed, then values of the key. Candidates begin with, then contain, what was typed. Pure and total,
 * for any text, right or wrong (QUERY-4).
 */
export function completeQuery(text: string, cursor: number, words: CompletionWords): Completion {
  const at = Math.min(Math.max(0, cursor), text.length)
  const to = at + (/^[^\s,"]*/.exec(text.slice(at))?.[0].length ?? 0)
  const before = termBefore(text.slice(0, at))
  const [, sign = '', word, rest] = /^(-?)(?:([A-Za-z-]+):)?(.*)$/s.exec(before) ?? []
  const lower = word?.toLowerCase() ?? ''
  const key = KEY_ALIASES.get(lower) ?? lower
  if (word === undefined) {
    const typed = (rest ?? '').toLowerCase()
    const keys = Object.entries(QUERY_KEYS).map(([name, { about }]) => ({ text: `${name}:`, about }))
    return { from: at - before.length + sign.length, to, candidates: ranked(keys, typed) }
  }
  if (!isQueryKey(key)) return { from: at, to, candidates: [] }
  const typed = lastValue(rest ?? '')
  const values = valuesOf(key, words).map((value) => ({ text: value, about: '' }))
  return { from: at - typed.length, to, candidates: ranked(values, unquoted(typed).toLowerCase()) }
}

/** What stands of the term that the text ends in: blanks in quotes do not end it. */
function termBefore(text: string): string {
  let [from, inQuotes] = [0, false]
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i)
    if (inQuotes && char === '\\') i++
    else if (char === '"') inQuotes = !inQuotes
    else if (!inQuotes && /\s/.test(char)) from = i + 1
  }
  return text.slice(from)
}

function lastValue(values: string): string {
  let [from, inQuotes] = [/^[<>]=?|^=/.exec(values)?.[0].length ?? 0, false]
  for (let i = from; i < values.length; i++) {
    const char = values.charAt(i)
    if (inQuotes && char === '\\') i++
    else if (char === '"') inQuotes = !inQuotes
    else if (!inQuotes && char === ',') from = i + 1
  }
  return values.slice(from)
}

const unquoted = (text: string): string => text.replaceAll('"', '')

/** Values as they stand in a query, quotes and all. */
function valuesOf(key: QueryKey, words: CompletionWords): readonly string[] {
  const texts = (name: Exclude<QueryKey, 'label'>, list: readonly (string | number)[]): readonly string[] =>
    list.map((value) => exactTerm(name, value).slice(name.length + 1))
  switch (key) {
    case 'is':
      return IS_WORDS
    case 'site':
      return texts(key, words.sites)
    case 'channel':
      return texts(key, words.channels)
    case 'error':
      return texts(key, words.errors)
    case 'release':
    case 'want':
      return texts(key, words.releases)
    case 'label':
      return words.labels.flatMap((label) => [
        label.key,
        ...label.values.map((value) => labelTerm(label.key, value).slice('label:'.length)),
      ])
    case 'heard':
      return ['>10m', '>1h', '>1d']
    case 'left':
      return ['>1MiB', '>100MiB', '>1GiB']
    case 'wave':
      return ['1', '2', '3']
    case 'stale':
      return ['>0']
    case 'host':
      return []
  }
}

function ranked(all: readonly Candidate[], typed: string): readonly Candidate[] {
  const begins = all.filter(({ text }) => unquoted(text).toLowerCase().startsWith(typed))
  const contains = all.filter((one) => unquoted(one.text).toLowerCase().includes(typed) && !begins.includes(one))
  return [...begins, ...contains].slice(0, QUERY_LIMITS.candidates)
}
