import { type ReactElement, type ReactNode, useEffect, useMemo, useState } from 'react'
import { displayPath } from '../../protocol/ids/index.ts'
import {
  type Change,
  ChangeIndex,
  type ChangeRow,
  type ChangeSums,
  deltaOf,
  flattenTree,
  opensAtFirst,
} from '../state/change-tree.ts'
import { formatBytes, formatCount } from '../state/format.ts'
import { useCommand } from '../state/hooks.ts'
import { showText } from '../state/text.ts'
import { DataTable } from './data-table.tsx'
import { Icon } from './icon.tsx'

/** A change as both a preview and a comparison tell it. */
export interface ShownChange extends Change {
  readonly kind: 'file' | 'directory' | 'symlink' | 'hardlink'
  readonly from: string | null
  readonly detail: string
  readonly risk: 'escaping' | 'dangling' | 'setuid' | null
}

const SIGNS = { added: '+', changed: '~', removed: '−', renamed: '→' } as const
const TONES = { added: 'good', changed: 'busy', removed: 'bad', renamed: 'back' } as const
const RISKS = {
  escaping: 'links out of the tree',
  dangling: 'links to nothing',
  setuid: 'runs as its owner or group',
} as const

const EVERYTHING = { key: '', matches: () => true }

/** A row with its change. */
type Shown<T> =
  | (Omit<Extract<ChangeRow, { readonly kind: 'folder' }>, 'own'> & { readonly own: T | undefined })
  | { readonly kind: 'change'; readonly change: T; readonly name: string; readonly depth: number }

export const CHANGE_LAYOUTS = ['tree', 'list'] as const
export type ChangeLayout = (typeof CHANGE_LAYOUTS)[number]

/** Changes that are taken into the tree at once: a few milliseconds. */
const SLICE = 2_000

/** Changes of a release as a tree with sums or as a list, of any length. `[` and `]` go through them, `d` changes the layout. */
export function ChangeList<T extends ShownChange>({
  source,
  count,
  filter = EVERYTHING,
  layout,
  onLayout,
  picked,
  onPick,
  actionOf,
  empty,
}: {
  /** May grow in place, and changes in it may give way to others that count alike; `count` says how many there are. Another array is another list. */
  readonly source: readonly T[]
  readonly count: number
  /** Another key is another filter. */
  readonly filter?: { readonly key: string; matches(change: T): boolean }
  readonly layout: ChangeLayout
  readonly onLayout: (layout: ChangeLayout) => void
  readonly picked: T | undefined
  readonly onPick: (change: T) => void
  /** Beside a change or a folder: leaving it out. */
  readonly actionOf?: (path: string, isFolder: boolean) => ReactElement
  /** When none fits. */
  readonly empty?: ReactNode
}): ReactElement {
  const [turned, setTurned] = useState<ReadonlySet<string>>(new Set())
  const index = useChangeIndex(source, count, filter)
  const changes = index.matched
  const wide = opensAtFirst(count)
  const rows = useMemo(
    () =>
      layout === 'tree'
        ? flattenTree(
            index.tree,
            (place) => source[place]?.path ?? '',
            (path) => turned.has(path) !== wide,
          )
        : undefined,
    [index, changes.length, turned, wide, layout],
  )
  const rowAt = (at: number): Shown<T> | undefined => {
    const row: ChangeRow | undefined =
      rows === undefined ? { kind: 'change', place: changes[at] ?? -1, above: 0, depth: 0 } : rows[at]
    if (row === undefined) return undefined
    if (row.kind === 'folder') return { ...row, own: row.own === undefined ? undefined : source[row.own] }
    const change = source[row.place]
    return change && { kind: 'change', change, name: change.path.slice(row.above), depth: row.depth }
  }
  const step = (by: number): void => {
    const at = picked === undefined ? -1 : changes.findIndex((place) => source[place]?.path === picked.path)
    const next = source[changes[at + by] ?? -1]
    if (next !== undefined) onPick(next)
  }
  useCommand('change-next', () => step(1))
  useCommand('change-previous', () => step(-1))
  useCommand('layout', () => onLayout(layout === 'tree' ? 'list' : 'tree'))
  const turn = (path: string): void => {
    const next = new Set(turned)
    if (!next.delete(path)) next.add(path)
    setTurned(next)
  }
  return (
    <DataTable<Shown<T>>
      label="Changes"
      list={`${layout} ${filter.key}`}
      total={rows?.length ?? changes.length}
      rowAt={rowAt}
      empty={empty}
      keyOf={(row) => (row.kind === 'change' ? row.change.path : row.own === undefined ? `${row.path}/` : row.path)}
      opened={picked?.path}
      onOpen={(row) => (row.kind === 'folder' ? turn(row.path) : onPick(row.change))}
      columns={[
        {
          id: 'path',
          title: 'Path',
          width: 'minmax(140px, 1fr)',
          render: (row) => (
            <span className="change-path" style={{ paddingInlineStart: row.depth * 14 }}>
              {row.kind === 'folder' ? (
                <button type="button" className="turn" aria-expanded={row.open} onClick={() => turn(row.path)}>
                  <Icon name={row.open ? 'down' : 'right'} size={12} />
                  {row.own !== undefined && <Sign what={row.own.what} />}
                  {showText(displayPath(row.name), { max: 200 })}/
                </button>
              ) : (
                <button type="button" className="turn" onClick={() => onPick(row.change)}>
                  <Sign what={row.change.what} />
                  {showText(displayPath(row.name), { max: 300 })}
                  {row.change.kind === 'directory' && '/'}
                  {row.change.from !== null && (
                    <span className="quiet"> from {showText(displayPath(row.change.from), { max: 200 })}</span>
                  )}
                </button>
              )}
            </span>
          ),
        },
        {
          id: 'detail',
          title: 'What',
          width: 'minmax(80px, 160px)',
          render: (row) =>
            row.kind === 'folder' ? (
              <Sums sums={row.sums} />
            ) : row.change.risk === null ? (
              <span className="quiet">
                {showText(row.change.detail === '' ? row.change.what : row.change.detail, { max: 80 })}
              </span>
            ) : (
              <span className="held">{RISKS[row.change.risk]}</span>
            ),
        },
        {
          id: 'size',
          title: 'Size',
          width: '86px',
          numeric: true,
          render: (row) => {
            const bytes = row.kind === 'folder' ? row.sums.bytes : deltaOf(row.change)
            if (row.kind === 'change' && row.change.kind !== 'file') return <span className="quiet">–</span>
            return (
              <span className="nowrap">
                {bytes === 0 ? '±0' : `${bytes > 0 ? '+' : '−'}${formatBytes(Math.abs(bytes))}`}
              </span>
            )
          },
        },
        ...(actionOf === undefined
          ? []
          : [
              {
                id: 'action',
                title: '',
                width: '72px',
                numeric: true,
                head: <span className="visually-hidden">Leave out</span>,
                render: (row: Shown<T>) =>
                  row.kind === 'folder' ? actionOf(row.path, true) : actionOf(row.change.path, false),
              },
            ]),
      ]}
    />
  )
}

/** What happens to a path, as a sign and, unseen, as a word. */
function Sign({ what }: { readonly what: Change['what'] }): ReactElement {
  return (
    <>
      <span className={`sign ${TONES[what]}`} aria-hidden="true">
        {SIGNS[what]}
      </span>
      <span className="visually-hidden">{what} </span>
    </>
  )
}

function Sums({ sums }: { readonly sums: ChangeSums }): ReactElement {
  return (
    <span className="row">
      {(['added', 'changed', 'renamed', 'removed'] as const)
        .filter((what) => sums[what] > 0)
        .map((what) => (
          <span key={what} className={TONES[what]} title={`${formatCount(sums[what])} ${what}`}>
            {SIGNS[what]}
            {formatCount(sums[what])}
          </span>
        ))}
    </span>
  )
}

/** Takes in what is there, slice by slice, and goes on as the list grows. */
function useChangeIndex<T extends ShownChange>(
  source: readonly T[],
  count: number,
  filter: { readonly key: string; matches(change: T): boolean },
): ChangeIndex<T> {
  const index = useMemo(() => new ChangeIndex<T>((change) => filter.matches(change)), [source, filter.key])
  const [, setSlices] = useState(0)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const slice = (): void => {
      const all = index.take(source, count, SLICE)
      setSlices((slices) => slices + 1)
      if (!all) timer = setTimeout(slice)
    }
    slice()
    return () => clearTimeout(timer)
  }, [index, count])
  return index
}
