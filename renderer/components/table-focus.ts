import { type RefObject, useEffect, useRef } from 'react'

/** Rows around those in sight that belong to the window of rows; one that is far away is there for its focus alone. */
export function windowOf(
  indexes: readonly number[],
  focused: number | undefined,
): { readonly first: number; readonly count: number } {
  const rows = indexes.filter((index, place) => index !== focused || isNear(indexes, place))
  const first = rows[0] ?? indexes[0] ?? 0
  return { first, count: rows.length }
}

const isNear = (indexes: readonly number[], place: number): boolean => {
  const index = indexes[place] ?? 0
  return indexes.length < 2 || indexes[place - 1] === index - 1 || indexes[place + 1] === index + 1
}

/** The row with the focus stays known while rows elsewhere are asked for: a focus in what is taken away is lost. */
export function useKeptRow<T>(
  rowAt: (index: number) => T | undefined,
  focused: number | undefined,
  list: string | undefined,
): (index: number) => T | undefined {
  const kept = useRef<{ readonly list: string | undefined; readonly index: number; readonly row: T }>(undefined)
  const row = focused === undefined ? undefined : rowAt(focused)
  if (focused !== undefined && row !== undefined) kept.current = { list, index: focused, row }
  return (index) => {
    const last = kept.current
    return rowAt(index) ?? (last?.index === index && last.list === list && index === focused ? last.row : undefined)
  }
}

/**
 * Moves the focus to a row as soon as it is there: to what names it, where that is a link or a button, and else to the row itself. A row that is
 * still on its way has the focus until what names it comes.
 */
export function useFocusRow(scroller: RefObject<HTMLElement | null>, wanted: RefObject<number | undefined>): void {
  const waiting = useRef<HTMLElement>(undefined)
  useEffect(() => {
    if (wanted.current === undefined) return
    const row = scroller.current?.querySelector<HTMLElement>(`[aria-rowindex="${wanted.current + 2}"]`)
    if (row === null || row === undefined) return
    const isElsewhere = waiting.current === row && document.activeElement !== row
    const name = row.querySelector<HTMLElement>('[role=rowheader] :is(a, button)')
    if (!isElsewhere) (name ?? row).focus({ preventScroll: true })
    waiting.current = row
    if (isElsewhere || row.dataset['loading'] === undefined) {
      wanted.current = undefined
      waiting.current = undefined
    }
  })
}

/** Tells which row was open when it no longer is, and the focus was in what is gone. */
export function useReturn(opened: string | undefined, onClosed: (key: string) => void): void {
  const before = useRef(opened)
  useEffect(() => {
    const was = before.current
    before.current = opened
    if (was !== undefined && opened === undefined && document.activeElement === document.body) onClosed(was)
  }, [opened])
}
