/** Rows that were chosen for an action on all of them. Selections survive a filter; they never hold more than this. */
export const SELECTION_MAX = 10_000

/** Pure: adds or removes one. */
export function toggleOne(selected: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const next = new Set(selected)
  if (!next.delete(id) && next.size < SELECTION_MAX) next.add(id)
  return next
}

/** Pure: all of these, or none of them when all were selected. */
export function toggleAll(selected: ReadonlySet<string>, ids: readonly string[]): ReadonlySet<string> {
  const next = new Set(selected)
  if (ids.length > 0 && ids.every((id) => selected.has(id))) for (const id of ids) next.delete(id)
  else for (const id of ids) if (next.size < SELECTION_MAX) next.add(id)
  return next
}
