/** What a person chose for this window alone. Kept in the browser's storage; anything unknown there is the default. */
export interface Preferences {
  readonly theme: 'system' | 'light' | 'dark'
  readonly density: 'compact' | 'comfortable'
  /** Single-letter shortcuts; with a modifier they always work. */
  readonly letters: boolean
}

export const DEFAULT_PREFERENCES: Preferences = {
  theme: 'system',
  density: 'compact',
  letters: true,
}

/** Pure: what was stored, with the default for all that is missing or wrong. */
export function parsePreferences(stored: string | null): Preferences {
  const value = toRecord(parseJson(stored))
  const flag = (given: unknown, fallback: boolean): boolean => (typeof given === 'boolean' ? given : fallback)
  const base = DEFAULT_PREFERENCES
  return {
    theme: value['theme'] === 'light' || value['theme'] === 'dark' ? value['theme'] : base.theme,
    density: value['density'] === 'comfortable' ? 'comfortable' : base.density,
    letters: flag(value['letters'], base.letters),
  }
}

function parseJson(stored: string | null): unknown {
  if (stored === null) return undefined
  try {
    return JSON.parse(stored)
  } catch {
    return undefined
  }
}

const toRecord = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
