/** One line of a difference. */
export interface DiffLine {
  readonly what: 'same' | 'added' | 'removed'
  readonly text: string
  /** Line numbers, from 1; undefined on the side where it is not. */
  readonly before: number | undefined
  readonly after: number | undefined
}

export type DiffBlock =
  | { readonly kind: 'lines'; readonly lines: readonly DiffLine[] }
  /** Lines that are the same on both sides and were left out. */
  | { readonly kind: 'gap'; readonly lines: number }

export interface TextDiff {
  readonly blocks: readonly DiffBlock[]
  readonly added: number
  readonly removed: number
}

/** Lines kept around each change. */
const CONTEXT = 3
/** Beyond so many differing lines the search for the least difference would take too long: all old lines go, all new ones come. */
const MOST_EDITS = 1_500

/** The difference of two texts by lines (Myers), with a few lines around each change. Pure; bounded time. */
export function diffTexts(before: string, after: string): TextDiff {
  const [old, next] = [toLines(before), toLines(after)]
  let head = 0
  while (head < old.length && head < next.length && old[head] === next[head]) head++
  let tail = 0
  while (
    tail < old.length - head &&
    tail < next.length - head &&
    old[old.length - 1 - tail] === next[next.length - 1 - tail]
  )
    tail++
  const edits = shortest(old.slice(head, old.length - tail), next.slice(head, next.length - tail))
  const lines: DiffLine[] = []
  let [b, a] = [0, 0]
  const push = (what: DiffLine['what'], text: string): void => {
    if (what !== 'added') b++
    if (what !== 'removed') a++
    lines.push({ what, text, before: what === 'added' ? undefined : b, after: what === 'removed' ? undefined : a })
  }
  for (const text of old.slice(0, head)) push('same', text)
  for (const { what, text } of edits) push(what, text)
  for (const text of old.slice(old.length - tail)) push('same', text)
  return {
    blocks: fold(lines),
    added: edits.filter(({ what }) => what === 'added').length,
    removed: edits.filter(({ what }) => what === 'removed').length,
  }
}

function toLines(text: string): readonly string[] {
  if (text === '') return []
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

interface Edit {
  readonly what: DiffLine['what']
  readonly text: string
}

function shortest(old: readonly string[], next: readonly string[]): readonly Edit[] {
  const replaced = (): readonly Edit[] => [
    ...old.map((text): Edit => ({ what: 'removed', text })),
    ...next.map((text): Edit => ({ what: 'added', text })),
  ]
  if (old.length === 0 || next.length === 0) return replaced()
  const most = Math.min(MOST_EDITS, old.length + next.length)
  const reach = new Map<number, number>([[1, 0]])
  const trace: Map<number, number>[] = []
  for (let d = 0; d <= most; d++) {
    trace.push(new Map(reach))
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1))
      let x = down ? (reach.get(k + 1) ?? 0) : (reach.get(k - 1) ?? 0) + 1
      let y = x - k
      while (x < old.length && y < next.length && old[x] === next[y]) {
        x++
        y++
      }
      reach.set(k, x)
      if (x >= old.length && y >= next.length) return walkBack(trace, old, next, d)
    }
  }
  return replaced()
}

function walkBack(
  trace: readonly ReadonlyMap<number, number>[],
  old: readonly string[],
  next: readonly string[],
  steps: number,
): readonly Edit[] {
  const edits: Edit[] = []
  let [x, y] = [old.length, next.length]
  for (let d = steps; d > 0; d--) {
    const reach = trace[d] ?? new Map<number, number>()
    const k = x - y
    const down = k === -d || (k !== d && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1))
    const from = down ? k + 1 : k - 1
    const fromX = reach.get(from) ?? 0
    const fromY = fromX - from
    while (x > fromX && y > fromY && x > 0 && y > 0 && old[x - 1] === next[y - 1]) {
      edits.push({ what: 'same', text: old[x - 1] ?? '' })
      x--
      y--
    }
    if (down) edits.push({ what: 'added', text: next[--y] ?? '' })
    else edits.push({ what: 'removed', text: old[--x] ?? '' })
  }
  while (x > 0 && y > 0) {
    edits.push({ what: 'same', text: old[x - 1] ?? '' })
    x--
    y--
  }
  return edits.toReversed()
}

/** Leaves out long runs of lines that are the same. */
function fold(lines: readonly DiffLine[]): readonly DiffBlock[] {
  const near = new Uint8Array(lines.length)
  for (const [place, line] of lines.entries())
    if (line.what !== 'same') near.fill(1, Math.max(0, place - CONTEXT), Math.min(lines.length, place + CONTEXT + 1))
  const blocks: DiffBlock[] = []
  for (let from = 0; from < lines.length;) {
    let to = from
    while (to < lines.length && near[to] === near[from]) to++
    blocks.push(near[from] === 1 ? { kind: 'lines', lines: lines.slice(from, to) } : { kind: 'gap', lines: to - from })
    from = to
  }
  return blocks
}
