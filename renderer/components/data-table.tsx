import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual'
import { type CSSProperties, type Key, type ReactElement, type ReactNode, useEffect, useRef, useState } from 'react'
import { useCommand } from '../state/hooks.ts'
import { Icon } from './icon.tsx'
import { useFocusRow, useKeptRow, useReturn, windowOf } from './table-focus.ts'

export interface Column<T> {
  readonly id: string
  readonly title: string
  /** A track of a CSS grid: `minmax(120px, 1fr)`. */
  readonly width: string
  readonly numeric?: boolean
  /** Names the row; without one the first column does. */
  readonly names?: boolean
  /** May be sorted by. */
  readonly sortable?: boolean
  /** Instead of the title, in the head. */
  readonly head?: ReactNode
  render(row: T): ReactNode
}

export interface DataTableProps<T> {
  readonly label: string
  /** Another is another list: no row of it was gone to yet. */
  readonly list?: string
  readonly columns: readonly Column<T>[]
  readonly total: number
  /** undefined while the row is on its way. */
  readonly rowAt: (index: number) => T | undefined
  readonly keyOf: (row: T) => string
  /** Rows in sight, and some around them. */
  readonly onRange?: (first: number, count: number) => void
  readonly sort?: { readonly column: string; readonly descending: boolean }
  readonly onSort?: (column: string) => void
  readonly onOpen?: (row: T) => void
  readonly opened?: string | undefined
  readonly selected?: ReadonlySet<string>
  readonly onSelect?: (row: T) => void
  readonly minWidth?: number
  /** Stands below the head when there are no rows. */
  readonly empty?: ReactNode
}

const OVERSCAN = 10

/**
 * A table of any length: only the rows in sight are there, and say which of how many they are. Arrow keys and `j`, `k` move the focus from row to
 * row, Enter opens, `x` selects.
 */
export function DataTable<T>(props: DataTableProps<T>): ReactElement {
  const { columns, total, keyOf, onRange, onOpen, onSelect } = props
  const scroller = useRef<HTMLDivElement>(null)
  const [at, setAt] = useState<number>()
  /** The row that is to have the focus once it is there. */
  const wanted = useRef<number>(undefined)
  useEffect(() => setAt(undefined), [props.list])
  const rowAt = useKeptRow(props.rowAt, at, props.list)
  const rowHeight = useRowHeight(scroller)
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    // The row with the focus is never taken away from under it.
    rangeExtractor: (range) => {
      const rows = defaultRangeExtractor(range)
      return at === undefined || at >= range.count || rows.includes(at) ? rows : [...rows, at].toSorted((a, b) => a - b)
    },
  })
  useEffect(() => void virtual.measure(), [virtual, rowHeight])
  const items = virtual.getVirtualItems()
  const { first, count } = windowOf(
    items.map(({ index }) => index),
    at,
  )
  useEffect(() => void onRange?.(first, Math.max(count, OVERSCAN)), [first, count])

  const move = (by: number): void => {
    if (total === 0) return
    const next = Math.max(0, Math.min(total - 1, at === undefined ? first : at + by))
    setAt(next)
    wanted.current = next
    virtual.scrollToIndex(next)
  }
  const keyOfIndex = (index: number): string | undefined => {
    const row = rowAt(index)
    return row === undefined ? undefined : keyOf(row)
  }
  useFocusRow(scroller, wanted)
  useReturn(props.opened, (key) => {
    const index = items.find((item) => keyOfIndex(item.index) === key)?.index
    if (index === undefined) scroller.current?.focus({ preventScroll: true })
    else {
      setAt(index)
      wanted.current = index
    }
  })
  const here = at === undefined ? undefined : rowAt(at)
  useCommand('next', () => move(1))
  useCommand('previous', () => move(-1))
  useCommand('select', () => here !== undefined && onSelect?.(here), onSelect !== undefined)
  useCommand('open', () => here !== undefined && onOpen?.(here), onOpen !== undefined && at !== undefined)

  const nameColumn = Math.max(
    0,
    columns.findIndex(({ names }) => names === true),
  )
  const reuse = useReuse(items.length)
  const tracks = { gridTemplateColumns: columns.map((column) => column.width).join(' ') }
  const style: CSSProperties & Record<'--table-width', string> = { '--table-width': `${props.minWidth ?? 0}px` }
  return (
    <div className="table" style={style}>
      <div
        ref={scroller}
        className="table-scroll"
        tabIndex={0}
        role="table"
        aria-label={props.label}
        aria-rowcount={total + 1}
        onKeyDown={(event) => {
          if (event.key === 'ArrowDown') move(1)
          else if (event.key === 'ArrowUp') move(-1)
          else if (event.key === 'PageDown') move(Math.max(1, count - 2 * OVERSCAN))
          else if (event.key === 'PageUp') move(-Math.max(1, count - 2 * OVERSCAN))
          else return
          event.preventDefault()
        }}
      >
        <div role="rowgroup" className="table-head-group">
          <div role="row" className="table-head" style={tracks} aria-rowindex={1}>
            {columns.map((column) => (
              <HeadCell key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
            ))}
          </div>
        </div>
        <div role="rowgroup" style={{ blockSize: virtual.getTotalSize(), position: 'relative' }}>
          {items.map((item) => {
            const row = rowAt(item.index)
            const key = keyOfIndex(item.index)
            const { index, start } = item
            const isSelected = key !== undefined && props.selected?.has(key) === true
            const isOpen = key !== undefined && key === props.opened
            const isAt = index === at
            return reuse(item.key, [row, columns, onOpen, isSelected, isOpen, isAt, index, start], () => (
              <div
                key={item.key}
                role="row"
                className="table-row"
                tabIndex={-1}
                aria-rowindex={index + 2}
                data-selected={isSelected ? '' : undefined}
                data-open={isOpen ? '' : undefined}
                data-at={isAt ? '' : undefined}
                data-loading={row === undefined ? '' : undefined}
                data-clickable={onOpen === undefined ? undefined : ''}
                style={{ ...tracks, transform: `translateY(${start}px)` }}
                onClick={(event) => {
                  setAt(index)
                  if (row !== undefined && !isControl(event.target)) onOpen?.(row)
                }}
              >
                {columns.map((column, place) => (
                  <div
                    key={column.id}
                    role={place === nameColumn ? 'rowheader' : 'cell'}
                    className={column.numeric === true ? 'num' : undefined}
                  >
                    {row === undefined ? place === 0 ? <span className="quiet">…</span> : null : column.render(row)}
                  </div>
                ))}
              </div>
            ))
          })}
        </div>
      </div>
      {total === 0 && <div className="table-empty">{props.empty}</div>}
    </div>
  )
}

/** What was made of the same inputs is the very same element, which React leaves alone: a row that only scrolls costs nothing. @param count how many are shown */
function useReuse(count: number) {
  const made = useRef(new Map<Key, { readonly inputs: readonly unknown[]; readonly element: ReactElement }>())
  return (key: Key, inputs: readonly unknown[], make: () => ReactElement): ReactElement => {
    const known = made.current.get(key)
    if (known !== undefined && known.inputs.every((input, i) => Object.is(input, inputs[i]))) return known.element
    if (made.current.size > 2 * count) made.current.clear()
    const element = make()
    made.current.set(key, { inputs, element })
    return element
  }
}

function HeadCell<T>({
  column,
  sort,
  onSort,
}: {
  readonly column: Column<T>
  readonly sort: DataTableProps<T>['sort']
  readonly onSort: DataTableProps<T>['onSort']
}): ReactElement {
  const sorted = sort?.column === column.id
  return (
    <div
      role="columnheader"
      className={column.numeric === true ? 'num' : undefined}
      aria-sort={
        column.sortable === true ? (sorted ? (sort.descending ? 'descending' : 'ascending') : 'none') : undefined
      }
    >
      {column.sortable === true && onSort !== undefined ? (
        <button type="button" className="sort" onClick={() => onSort(column.id)}>
          {column.title}
          {sorted && <Icon name={sort.descending ? 'down' : 'up'} size={11} />}
        </button>
      ) : (
        (column.head ?? column.title)
      )}
    </div>
  )
}

const isControl = (target: EventTarget): boolean =>
  target instanceof Element && target.closest('a, button, input, label') !== null

/** The row's height as the style sheet says it for this density, pixels. */
function useRowHeight(ref: React.RefObject<HTMLElement | null>): number {
  const [height, setHeight] = useState(30)
  useEffect(() => {
    const read = (): void => {
      if (ref.current !== null)
        setHeight(Number.parseFloat(getComputedStyle(ref.current).getPropertyValue('--row')) || 30)
    }
    read()
    const watch = new MutationObserver(read)
    watch.observe(document.documentElement, { attributes: true, attributeFilter: ['data-density'] })
    return () => watch.disconnect()
  }, [ref])
  return height
}
