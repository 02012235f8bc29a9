import { type ReactElement, useDeferredValue, useEffect, useRef, useState } from 'react'
import { CONTROL_LIMITS, type HostLine, type HostSort } from '../../../protocol/control/window.ts'
import { parseQuery } from '../../../protocol/query/index.ts'
import { navigate } from '../../app/navigation.ts'
import { ChannelSelect } from '../../components/channel-select.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Found } from '../../components/found.tsx'
import { Empty, Failure } from '../../components/notice.tsx'
import { QueryField } from '../../components/query-field.tsx'
import { Said } from '../../components/said.tsx'
import { countOf, formatCount } from '../../state/format.ts'
import { useAgentNow, useCommand, useFeed, useSession } from '../../state/hooks.ts'
import { rowOf, toWindow, withSites } from '../../state/host-rows.ts'
import type { Route } from '../../state/route.ts'
import { toggleAll, toggleOne } from '../../state/selection.ts'
import { BulkBar } from './bulk-bar.tsx'
import { hostColumns } from './columns.tsx'
import { HostDrawer } from './host-drawer.tsx'
import { HostFacets } from './host-facets.tsx'
import { HostsMenu } from './hosts-menu.tsx'
import { SelectAll } from './select-all.tsx'

/** An address is rewritten this long after the last letter. */
const TYPED_MS = 250

/** Which hosts …? A table of any length, the facets of what was found, and a drawer with everything about one. */
export function Hosts({ route }: { readonly route: Extract<Route, { readonly page: 'hosts' }> }): ReactElement {
  const [text, setText] = useState(route.query)
  const [sort, setSort] = useState<{ readonly column: HostSort; readonly descending: boolean }>({
    column: 'host',
    descending: false,
  })
  const [selection, setSelection] = useState<Selection>(NOTHING)
  const selected = selection.hosts
  const setSelected = (hosts: ReadonlySet<string>): void => setSelection({ hosts, query: undefined })
  const lines = useRef(new Map<string, HostLine>())
  const { link } = useSession()
  const channel = route.channel ?? null
  // The table goes on with the last query that could be read while a newer one is typed.
  const asked = useReadableQuery(useDeferredValue(text))
  const list = useHostList(asked, channel, sort)
  const { feed, rows } = list
  const update = feed.value
  const nowMs = useAgentNow(update?.nowMs ?? 0, feed.atMs)

  useEffect(() => setText(route.query), [route.query])
  useEffect(() => {
    const timer = setTimeout(() => {
      if (text !== route.query) navigate({ ...route, query: text }, { replace: true })
    }, TYPED_MS)
    return () => clearTimeout(timer)
  }, [text, route])
  for (const line of update?.rows ?? []) lines.current.set(line.host, line)

  const open = (host: string | undefined): void =>
    navigate({ ...route, query: text, host }, { replace: route.host !== undefined })
  useCommand('back', () => open(undefined), route.host !== undefined)
  const inSight = update?.rows.map((line) => line.host) ?? []

  return (
    <div className="page full hosts-page" data-drawer={route.host !== undefined}>
      <div className="hosts-tools">
        <h1 className="visually-hidden">Hosts</h1>
        <QueryField value={text} onChange={setText} />
        <ChannelSelect
          value={route.channel}
          onChange={(chosen) => navigate({ ...route, query: text, channel: chosen })}
        />
        <Found matching={update?.matching} total={update?.total} />
        <Said
          about={`${channel ?? ''} ${asked}`}
          text={list.isOwn && update !== undefined ? `${countOf(update.matching, 'host')} found` : undefined}
        />
        <SelectAll
          matching={update?.matching}
          query={asked}
          channel={channel}
          onSelect={(found) => {
            for (const line of found) lines.current.set(line.host, line)
            const hosts = toggleAll(
              new Set(),
              found.map(({ host }) => host),
            )
            setSelection({ hosts, query: hosts.size === found.length ? asked : undefined })
          }}
        />
        <HostsMenu query={asked} channel={channel} onPick={setText} />
      </div>
      {feed.phase === 'failed' && feed.error !== undefined && (
        <Failure problem={feed.error} what="The agent does not give these hosts" onRetry={feed.retry} />
      )}
      <div className="hosts-body" data-stale={link !== 'live' || feed.phase === 'stale'}>
        <HostFacets update={update} query={text} onChange={setText} />
        <section className="panel hosts-table" aria-label="Found hosts">
          <DataTable
            label="Hosts"
            list={`${channel ?? ''} ${asked} ${sort.column} ${sort.descending}`}
            columns={hostColumns(
              nowMs,
              selected,
              (host) => setSelected(toggleOne(selected, host)),
              {
                all: inSight.length > 0 && inSight.every((host) => selected.has(host)),
                toggle: () => setSelected(toggleAll(selected, inSight)),
              },
              (host) => ({ ...route, query: text, host }),
              route.host !== undefined,
            )}
            minWidth={route.host === undefined ? 780 : 432}
            total={update?.matching ?? 0}
            rowAt={(index) => rowOf(update, index)}
            keyOf={(line) => line.host}
            onRange={rows}
            sort={sort}
            onSort={(column) =>
              setSort({
                column: toSort(column),
                descending: sort.column === column ? !sort.descending : DESCENDING.has(column),
              })
            }
            onOpen={(line) => open(line.host)}
            opened={route.host}
            selected={selected}
            onSelect={(line) => setSelected(toggleOne(selected, line.host))}
            empty={
              update === undefined ? (
                feed.phase !== 'failed' && (
                  <p className="quiet pad" role="status">
                    Loading hosts…
                  </p>
                )
              ) : update.total === 0 ? (
                <Empty
                  icon="hosts"
                  title={channel === null ? 'No host has joined yet' : `No host has ${channel} as a target`}
                >
                  <p>
                    <a href="#/access">Invite a host</a>: you get one line to run on it.
                  </p>
                </Empty>
              ) : (
                <Empty icon="search" title={`None of ${formatCount(update.total)} hosts`}>
                  <p>
                    Nothing matches <code>{asked}</code>.{' '}
                    <button type="button" className="link" onClick={() => setText('')}>
                      Clear the filter
                    </button>
                  </p>
                </Empty>
              )
            }
          />
          {selected.size > 0 && (
            <BulkBar
              hosts={[...selected]}
              channel={channel}
              query={selection.query}
              lineOf={(host) => lines.current.get(host)}
              onClear={() => setSelection(NOTHING)}
            />
          )}
        </section>
        {route.host !== undefined && <HostDrawer key={route.host} host={route.host} onClose={() => open(undefined)} />}
      </div>
    </div>
  )
}

interface Selection {
  readonly hosts: ReadonlySet<string>
  /** That found all of them; undefined once one was picked by hand. */
  readonly query: string | undefined
}

const NOTHING: Selection = { hosts: new Set(), query: undefined }

const DESCENDING = new Set(['left', 'progress', 'rate'])
const SORTS: Readonly<Record<string, HostSort>> = {
  host: 'host',
  site: 'site',
  release: 'release',
  state: 'state',
  left: 'left',
  eta: 'time-left',
  rate: 'rate',
  heard: 'heard',
}
const toSort = (column: string): HostSort => SORTS[column] ?? 'host'

function useReadableQuery(text: string): string {
  const [last, setLast] = useState('')
  const readable = parseQuery(text).ok
  useEffect(() => {
    if (readable) setLast(text)
  }, [text, readable])
  return readable ? text : last
}

/** Watches the rows in sight of one list; rows that scroll in are asked for anew, and what was there stays until they come. */
function useHostList(
  query: string,
  channel: string | null,
  sort: { readonly column: HostSort; readonly descending: boolean },
) {
  const [range, setRange] = useState({ first: 0, count: 50 })
  const list = `${channel ?? ''} ${query}`
  const request = { query, channel, sort: sort.column, descending: sort.descending, squares: false, ...range }
  const feed = useFeed(
    `hosts ${list} ${sort.column} ${sort.descending} ${range.first} ${range.count}`,
    (client, signal) => withSites(client.stream('watchHosts', request, { signal })),
  )
  const shown = useRef<{ readonly list: string; readonly feed: typeof feed }>(undefined)
  if (feed.value !== undefined || shown.current?.list !== list) shown.current = { list, feed }
  return {
    feed: feed.value === undefined && feed.phase === 'loading' ? (shown.current?.feed ?? feed) : feed,
    /** Not what was shown before. */
    isOwn: feed.value !== undefined,
    rows: (first: number, count: number): void => {
      const next = toWindow(first, count, CONTROL_LIMITS.viewRows)
      if (next.first !== range.first || next.count !== range.count) setRange(next)
    },
  }
}
