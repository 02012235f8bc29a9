/** One thing that the palette can find: a page, a host, a release, an action. */
export interface PaletteEntry {
  readonly id: string
  readonly group: 'Go to' | 'Do' | 'Channels' | 'Hosts' | 'Releases'
  readonly title: string
  /** What else it is found by, and shown beside it. */
  readonly detail: string
  readonly hint?: string
}

/** Entries that the palette shows: a screen of them. */
export const PALETTE_SHOWN = 40

/** Pure: the entries that match every word of the query, best first; ties keep their order. */
export function searchPalette(entries: readonly PaletteEntry[], query: string): readonly PaletteEntry[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return entries.slice(0, PALETTE_SHOWN)
  return entries
    .map((entry, index) => ({ entry, index, score: scoreOf(entry, words) }))
    .filter(({ score }) => score > 0)
    .toSorted((a, b) => b.score - a.score || a.index - b.index)
    .slice(0, PALETTE_SHOWN)
    .map(({ entry }) => entry)
}

/** 0 when a word is missing; more for a title than for a detail, more for the start of a word than for its middle. */
function scoreOf(entry: PaletteEntry, words: readonly string[]): number {
  let total = 0
  for (const word of words) {
    const score = Math.max(3 * wordScore(entry.title, word), wordScore(`${entry.detail} ${entry.group}`, word))
    if (score === 0) return 0
    total += score
  }
  return total
}

function wordScore(text: string, word: string): number {
  const lower = text.toLowerCase()
  const at = lower.indexOf(word)
  if (at < 0) return 0
  if (lower === word) return 4
  if (at === 0) return 3
  return /[^a-z0-9]/.test(lower[at - 1] ?? '') ? 2 : 1
}
