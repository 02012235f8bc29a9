import { type ReactElement, useRef, useState } from 'react'
import { CONTROL_LIMITS, type ReleaseLine, type ReleaseListUpdate } from '../../../protocol/control/window.ts'
import { navigate } from '../../app/navigation.ts'
import { ChannelSelect } from '../../components/channel-select.tsx'
import { DataTable } from '../../components/data-table.tsx'
import { Empty, Failure } from '../../components/notice.tsx'
import { Bytes, Foreign, Moment } from '../../components/values.tsx'
import { countOf, formatCount } from '../../state/format.ts'
import { useAgentNow, useFeed, useSession } from '../../state/hooks.ts'
import { toWindow } from '../../state/host-rows.ts'
import { formatRoute, hostsHref, type Route } from '../../state/route.ts'
import { signersText } from '../../state/signers.ts'
import { ReleasePanel } from './release-panel.tsx'

/** What was published, by whom, and who has it live. */
export function Releases({ route }: { readonly route: Extract<Route, { readonly page: 'releases' }> }): ReactElement {
  const { link } = useSession()
  const [range, setRange] = useState({ first: 0, count: 50 })
  const channel = route.channel ?? null
  const feed = useFeed(`releases ${channel ?? ''} ${range.first} ${range.count}`, (client, signal) =>
    client.stream('watchReleases', { channel, ...range }, { signal }),
  )
  const shown = useRef<{ readonly channel: string | null; readonly update: ReleaseListUpdate }>(undefined)
  if (feed.value !== undefined) shown.current = { channel, update: feed.value }
  const update = feed.value ?? (shown.current?.channel === channel ? shown.current.update : undefined)
  const nowMs = useAgentNow(update?.nowMs ?? 0, feed.atMs)
  const open = (line: ReleaseLine | undefined): void =>
    navigate({ page: 'releases', channel: line?.channel ?? route.channel, release: line?.release, from: undefined })
  return (
    <div className="page full">
      <header className="page-head">
        <h1 className="titles">Releases</h1>
        <ChannelSelect
          value={route.channel}
          onChange={(chosen) => navigate({ page: 'releases', channel: chosen, release: undefined, from: undefined })}
        />
        <a className="button" href={formatRoute({ page: 'publish', channel: route.channel })}>
          Publish a release
        </a>
      </header>
      {feed.phase === 'failed' && feed.error !== undefined && (
        <Failure problem={feed.error} what="The agent does not give the releases" onRetry={feed.retry} />
      )}
      <div
        className="releases-body"
        data-open={route.release !== undefined}
        data-stale={link !== 'live' || feed.phase === 'stale'}
      >
        <section className="panel table-panel" aria-label="Releases">
          <DataTable<ReleaseLine>
            label="Releases"
            list={channel ?? ''}
            total={update?.total ?? 0}
            rowAt={(index) => (update === undefined ? undefined : update.rows[index - update.first])}
            keyOf={keyOf}
            minWidth={route.release === undefined ? 820 : 420}
            onRange={(first, count) => {
              const next = toWindow(first, count, CONTROL_LIMITS.viewRows)
              if (next.first !== range.first || next.count !== range.count) setRange(next)
            }}
            onOpen={open}
            opened={route.release === undefined ? undefined : `${route.channel}@${route.release}`}
            columns={columnsOf(nowMs, route.release !== undefined)}
            empty={
              update === undefined ? (
                feed.phase !== 'failed' && (
                  <p className="quiet pad" role="status">
                    Loading releases…
                  </p>
                )
              ) : (
                <Empty
                  icon="releases"
                  title={channel === null ? 'Nothing was published in this mesh yet' : `${channel} has no release yet`}
                >
                  <p>
                    <a href={formatRoute({ page: 'publish', channel: route.channel })}>Publish your first folder</a>:
                    every host that follows the channel gets exactly it.
                  </p>
                </Empty>
              )
            }
          />
        </section>
        {route.release !== undefined && route.channel !== undefined && (
          <ReleasePanel
            key={`${route.channel}@${route.release}`}
            channel={route.channel}
            release={route.release}
            from={route.from}
            onClose={() => open(undefined)}
            nowMs={nowMs}
          />
        )}
      </div>
    </div>
  )
}

const keyOf = (line: ReleaseLine): string => `${line.channel}@${line.release}`

const columnsOf = (nowMs: number, narrow: boolean) =>
  [
    {
      id: 'release',
      title: 'Release',
      width: 'minmax(120px, 1fr)',
      render: (line: ReleaseLine) => (
        <span className="row">
          <a href={formatRoute({ page: 'releases', channel: line.channel, release: line.release, from: undefined })}>
            {keyOf(line)}
          </a>
          {line.head && <span className="chip good">head</span>}
        </span>
      ),
    },
    {
      id: 'message',
      title: 'Message',
      width: 'minmax(140px, 2fr)',
      render: (line: ReleaseLine) =>
        line.message === '' ? (
          <span className="quiet">{line.sameAs === null ? 'no message' : `content of ${line.sameAs}`}</span>
        ) : (
          <>
            <Foreign text={line.message} max={160} />
            {line.sameAs !== null && <span className="quiet"> · content of {line.sameAs}</span>}
          </>
        ),
    },
    {
      id: 'at',
      title: 'Published',
      width: '104px',
      render: (line: ReleaseLine) => <Moment atMs={line.publishedMs} nowMs={nowMs} />,
    },
    {
      id: 'live',
      title: 'Live on',
      width: '72px',
      numeric: true,
      render: (line: ReleaseLine) =>
        line.live === 0 ? (
          <span className="quiet">none</span>
        ) : (
          <a href={hostsHref(`release:${line.release}`, line.channel)}>{formatCount(line.live)}</a>
        ),
    },
    ...(narrow
      ? []
      : [
          {
            id: 'proved',
            title: 'Proved',
            width: '64px',
            numeric: true,
            render: (line: ReleaseLine) => formatCount(line.proved),
          },
          {
            id: 'entries',
            title: 'Entries',
            width: '72px',
            numeric: true,
            render: (line: ReleaseLine) => formatCount(line.entries),
          },
          {
            id: 'bytes',
            title: 'Size',
            width: '76px',
            numeric: true,
            render: (line: ReleaseLine) => <Bytes value={line.bytes} />,
          },
          {
            id: 'by',
            title: 'Signed by',
            width: 'minmax(130px, 1fr)',
            render: (line: ReleaseLine) => <span className="quiet">{signersText(line.signers)}</span>,
          },
          {
            id: 'kept',
            title: 'Kept here',
            width: '74px',
            render: (line: ReleaseLine) =>
              line.kept ? (
                'yes'
              ) : (
                <span
                  className="quiet"
                  title={`${countOf(line.entries, 'entry', 'entries')} would have to be fetched first`}
                >
                  no
                </span>
              ),
          },
        ]),
  ] as const
