/** Where the squares of a site lie: pure geometry, in CSS pixels. */
export interface WaffleLayout {
  /** Side of a square and its gap. */
  readonly pitch: number
  readonly columns: number
  readonly rows: number
  readonly height: number
}

const PITCHES = [14, 12, 10, 8, 7, 6, 5, 4] as const

/** The largest pitch at which all groups together stay within `budget` pixels of height. */
export function choosePitch(groups: readonly number[], width: number, budget: number): number {
  const heightAt = (pitch: number): number =>
    groups.reduce((sum, hosts) => sum + layoutWaffle(hosts, width, pitch).height, 0)
  return PITCHES.find((pitch) => heightAt(pitch) <= budget) ?? 4
}

export function layoutWaffle(hosts: number, width: number, pitch: number): WaffleLayout {
  const columns = Math.max(1, Math.floor(width / pitch))
  const rows = Math.max(1, Math.ceil(hosts / columns))
  return { pitch, columns, rows, height: rows * pitch }
}

/** The square under a point; undefined beside them. */
export function squareAt(layout: WaffleLayout, hosts: number, x: number, y: number): number | undefined {
  const column = Math.floor(x / layout.pitch)
  const row = Math.floor(y / layout.pitch)
  const index = row * layout.columns + column
  return column >= 0 && column < layout.columns && row >= 0 && index < hosts ? index : undefined
}

/** Squares to draw again: all (null) where so many have changed that it is no more work, none where none has. Pure. */
export function changedSquares(before: Uint8Array, after: Uint8Array): readonly number[] | null {
  if (before.length !== after.length) return null
  const changed: number[] = []
  for (let i = 0; i < after.length; i++) {
    if (before[i] !== after[i]) changed.push(i)
    if (2 * changed.length > after.length) return null
  }
  return changed
}

export interface WaffleGroup {
  readonly site: string
  /** Of its first host among the bytes. */
  readonly start: number
  readonly hosts: number
}

/**
 * Cuts the bytes of all hosts, ordered by site, into sites. When the list of sites was cut short the bytes cannot be told apart, and are one group.
 */
export function toGroups(
  sites: readonly { readonly site: string; readonly hosts: number }[],
  total: number,
): readonly WaffleGroup[] {
  const sum = sites.reduce((hosts, site) => hosts + site.hosts, 0)
  if (sum !== total) return total === 0 ? [] : [{ site: '', start: 0, hosts: total }]
  let start = 0
  return sites.map(({ site, hosts }) => {
    const group = { site, start, hosts }
    start += hosts
    return group
  })
}
