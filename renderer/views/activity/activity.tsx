import { type ReactElement, useDeferredValue, useEffect, useRef, useState } from 'react'
import {
  ACTIVITY_KINDS,
  type ActivityKind,
  type ActivityRow,
  type ActivityUpdate,
  CONTROL_LIMITS,
} from '../../../protocol/control/window.ts'
import { DataTable } from '../../components/data-table.tsx'
import { FilterField } from '../../components/filter-field.tsx'
import { Found } from '../../components/found.tsx'
import { Icon } from '../../components/icon.tsx'
import { Menu, MenuItem } from '../../components/menu.tsx'
import { Empty, Failure } from '../../components/notice.tsx'
import { Said } from '../../components/said.tsx'
import { ShapeMark } from '../../components/state-mark.tsx'
import { Foreign, Id, Moment } from '../../components/values.tsx'
import { toCsv } from '../../state/csv.ts'
import { download } from '../../state/download.ts'
import { countOf } from '../../state/format.ts'
import { useAction, useAgentNow, useClient, useFeed, useSession, useToast } from '../../state/hooks.ts'
import { toWindow } from '../../state/host-rows.ts'
import { signersText } from '../../state/signers.ts'
import { showText } from '../../state/text.ts'

/** Who did what: signed records alone, each checked again when it is shown. */
export function Activity({ text: first }: { readonly text: string }): ReactElement {
  const [text, setText] = useState(first)
  const [kinds, setKinds] = useState<readonly ActivityKind[]>([])
  const [range, setRange] = useState({ first: 0, count: 50 })
  const { link } = useSession()
  useEffect(() => setText(first), [first])
  const asked = { text: useDeferredValue(text), kinds }
  const feed = useFeed(`activity ${JSON.stringify(asked)} ${range.first} ${range.count}`, (client, signal) =>
    client.stream('watchActivity', { ...asked, ...range }, { signal }),
  )
  const shown = useRef<ActivityUpdate>(undefined)
  if (feed.value !== undefined) shown.current = feed.value
  const update = feed.value ?? shown.current
  const nowMs = useAgentNow(update?.nowMs ?? 0, feed.atMs)
  return (
    <div className="page full">
      <header className="page-head">
        <h1>Activity</h1>
        <FilterField
          label="Filter by subject, signer or words"
          placeholder="subject, signer, words"
          value={text}
          onChange={setText}
        />
        <Found matching={update?.matching} total={update?.total} />
        <Said
          about={JSON.stringify(asked)}
          text={feed.value === undefined ? undefined : `${countOf(feed.value.matching, 'record')} found`}
        />
        <ExportMenu asked={asked} />
      </header>
      <div className="row wrap" role="group" aria-label="Kinds">
        {ACTIVITY_KINDS.map((kind) => (
          <button
            key={kind}
            type="button"
            className="button small"
            aria-pressed={kinds.includes(kind)}
            onClick={() => setKinds(kinds.includes(kind) ? kinds.filter((one) => one !== kind) : [...kinds, kind])}
          >
            {kind}
          </button>
        ))}
      </div>
      {feed.phase === 'failed' && feed.error !== undefined && (
        <Failure problem={feed.error} what="The agent does not give the activity" onRetry={feed.retry} />
      )}
      <section
        className="panel table-panel"
        data-stale={link !== 'live' || feed.phase === 'stale'}
        aria-label="Records"
      >
        <DataTable<ActivityRow>
          label="Activity"
          list={JSON.stringify(asked)}
          total={update?.matching ?? 0}
          rowAt={(index) => (update === undefined ? undefined : update.rows[index - update.first])}
          keyOf={(row) => row.id}
          minWidth={700}
          onRange={(from, count) => {
            const next = toWindow(from, count, CONTROL_LIMITS.viewRows)
            if (next.first !== range.first || next.count !== range.count) setRange(next)
          }}
          columns={[
            { id: 'at', title: 'When', width: '112px', render: (row) => <Moment atMs={row.atMs} nowMs={nowMs} /> },
            { id: 'kind', title: 'Kind', width: '80px', render: (row) => row.kind },
            {
              id: 'text',
              title: 'What',
              names: true,
              width: 'minmax(180px, 2fr)',
              render: (row) => <Foreign text={row.text} max={300} />,
            },
            {
              id: 'by',
              title: 'Signed by',
              width: 'minmax(140px, 1.2fr)',
              render: (row) => <span className="quiet">{signersText(row.by)}</span>,
            },
            {
              id: 'verified',
              title: 'Signature',
              width: '96px',
              render: (row) => (
                <span className="mark">
                  <span className={`row ${row.verified ? 'good' : 'bad'}`}>
                    <ShapeMark shape={row.verified ? 'disc' : 'cross'} />
                  </span>
                  {row.verified ? 'holds' : 'does not hold'}
                </span>
              ),
            },
            { id: 'digest', title: 'Digest', width: '120px', render: (row) => <Id value={row.digest} /> },
          ]}
          empty={
            update === undefined ? (
              feed.phase !== 'failed' && (
                <p className="quiet pad" role="status">
                  Loading the activity…
                </p>
              )
            ) : update.total === 0 ? (
              <Empty icon="activity" title="Nothing was signed in this mesh yet" />
            ) : (
              <Empty icon="search" title={`None of ${countOf(update.total, 'record')}`}>
                <p>
                  <button
                    type="button"
                    className="link"
                    onClick={() => {
                      setText('')
                      setKinds([])
                    }}
                  >
                    Clear the filter
                  </button>
                </p>
              </Empty>
            )
          }
        />
      </section>
    </div>
  )
}

function ExportMenu({
  asked,
}: {
  readonly asked: { readonly text: string; readonly kinds: readonly ActivityKind[] }
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const send = useAction(async (kind: 'csv' | 'json') => {
    if (client === undefined) return
    const rows: ActivityRow[] = []
    for (;;) {
      const page = await pageOf(client, { ...asked, first: rows.length, count: CONTROL_LIMITS.viewRows })
      rows.push(...page.rows)
      if (page.rows.length === 0 || rows.length >= page.matching) break
    }
    if (kind === 'json') download('activity.json', 'application/json', `${JSON.stringify(rows, null, 2)}\n`)
    else
      download(
        'activity.csv',
        'text/csv',
        toCsv(
          ['when', 'kind', 'subject', 'what', 'signed by', 'verified', 'digest'],
          rows.map((row) => [
            row.atMs === null ? null : new Date(row.atMs).toISOString(),
            row.kind,
            row.subject,
            row.text,
            row.by.map(({ key, role }) => `${role ?? 'no role'} ${key}`).join(' '),
            String(row.verified),
            row.digest,
          ]),
        ),
      )
    toast({ tone: 'good', text: `${countOf(rows.length, 'record')} written to activity.${kind}` })
  })
  return (
    <>
      <Menu
        label={
          <>
            <Icon name="download" size={13} /> Export
          </>
        }
      >
        <MenuItem disabled={client === undefined || send.busy} onClick={() => send.run('csv')}>
          As CSV
        </MenuItem>
        <MenuItem disabled={client === undefined || send.busy} onClick={() => send.run('json')}>
          As JSON
        </MenuItem>
      </Menu>
      {send.problem !== undefined && <span className="bad">{showText(send.problem.message, { max: 200 })}</span>}
    </>
  )
}

/** One picture of one page, and no more. */
async function pageOf(
  client: NonNullable<ReturnType<typeof useClient>>,
  request: {
    readonly text: string
    readonly kinds: readonly ActivityKind[]
    readonly first: number
    readonly count: number
  },
): Promise<ActivityUpdate> {
  for await (const update of client.stream('watchActivity', request)) return update
  throw new Error('the agent gave no picture of its activity')
}
