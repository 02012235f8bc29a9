import type { ReactElement, ReactNode } from 'react'
import { ScrollBox } from './scroll-box.tsx'

export interface SimpleColumn<T> {
  readonly title: string
  /** The title is only read out: a column of buttons says what it is by itself. */
  readonly untitled?: boolean
  readonly numeric?: boolean
  /** Of the head and of every cell. */
  readonly className?: string
  render(row: T): ReactNode
}

/** A short table whose rows are all there; its first column names the row. One that is wider than its place scrolls in it. */
export function SimpleTable<T>({
  label,
  columns,
  rows,
  keyOf,
  tight = false,
}: {
  /** What the rows are, for screen readers. */
  readonly label: string
  readonly columns: readonly SimpleColumn<T>[]
  readonly rows: readonly T[]
  readonly keyOf: (row: T) => string
  readonly tight?: boolean
}): ReactElement {
  return (
    <ScrollBox label={label}>
      <table className={tight ? 'simple-table tight' : 'simple-table'} aria-label={label}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" className={classOf(column)}>
                {column.untitled === true ? <span className="visually-hidden">{column.title}</span> : column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column, place) =>
                place === 0 ? (
                  <th key={column.title} scope="row" className={classOf(column)}>
                    {column.render(row)}
                  </th>
                ) : (
                  <td key={column.title} className={classOf(column)}>
                    {column.render(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

const classOf = <T,>({ numeric, className }: SimpleColumn<T>): string | undefined =>
  numeric === true ? `num${className === undefined ? '' : ` ${className}`}` : className
