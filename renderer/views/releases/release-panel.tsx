import { type ReactElement, useEffect, useRef, useState } from 'react'
import type { ReleaseLine } from '../../../protocol/control/window.ts'
import { navigate } from '../../app/navigation.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { SelectField } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { FeedFrame } from '../../components/notice.tsx'
import { Bytes, Foreign, Id, Moment } from '../../components/values.tsx'
import { countOf, formatCount } from '../../state/format.ts'
import { useClient, useFeed } from '../../state/hooks.ts'
import { formatRoute, hostsHref } from '../../state/route.ts'
import { signersText } from '../../state/signers.ts'
import { Compare } from './compare.tsx'
import { PromoteDialog } from './promote-dialog.tsx'

const NOTHING = '\u0000'

/** One release: what it is, what it changed against any other, and what can be made of it. */
export function ReleasePanel({
  channel,
  release,
  from,
  onClose,
  nowMs,
}: {
  readonly channel: string
  readonly release: number
  readonly from: number | undefined
  readonly onClose: () => void
  readonly nowMs: number
}): ReactElement {
  const client = useClient()
  const [promoting, setPromoting] = useState(false)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => void heading.current?.focus({ preventScroll: true }), [])
  const feed = useFeed(`release ${channel}`, (agent, signal) =>
    agent.stream('watchReleases', { channel, first: 0, count: 200 }, { signal }),
  )
  return (
    <aside className="panel release-panel" aria-label={`Release ${channel}@${release}`}>
      <header>
        <h2 ref={heading} tabIndex={-1}>
          {channel}@{release}
        </h2>
        <button type="button" className="button plain icon" aria-label="Close the release" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <FeedFrame feed={feed} what="the release" className="release-body">
        {(update) => {
          const line = update.rows.find((row) => row.release === release)
          if (line === undefined)
            return (
              <p className="pad">
                The agent does not know {channel}@{release}.
              </p>
            )
          const others = update.rows.filter((row) => row.release !== release)
          const against = from ?? others.find((row) => row.release < release)?.release
          return (
            <>
              <ReleaseFacts line={line} nowMs={nowMs} />
              <div className="row wrap">
                <a
                  className="button"
                  href={formatRoute({ page: 'rollouts', channel, release: line.head ? undefined : release })}
                >
                  How it is going
                </a>
                <button
                  type="button"
                  className="button"
                  disabled={client === undefined || !line.kept}
                  onClick={() => setPromoting(true)}
                  title={line.kept ? undefined : 'Its content is not kept in this home'}
                >
                  <Icon name="swap" size={13} /> To another channel…
                </button>
                <CopyButton text={line.manifest} what="manifest id" />
              </div>
              <div className="row wrap">
                <SelectField
                  label="Compared with"
                  inline
                  value={against === undefined ? NOTHING : String(against)}
                  options={[
                    ...(against === undefined ? [{ value: NOTHING, text: 'nothing older' }] : []),
                    ...others.map((row) => ({
                      value: String(row.release),
                      text: `${row.release}${row.head ? ' (head)' : ''}`,
                    })),
                  ]}
                  onChange={(value) => navigate({ page: 'releases', channel, release, from: Number(value) })}
                />
              </div>
              {against !== undefined && (
                <Compare key={`${against} ${release}`} from={{ channel, release: against }} to={{ channel, release }} />
              )}
              {promoting && <PromoteDialog line={line} onClose={() => setPromoting(false)} />}
            </>
          )
        }}
      </FeedFrame>
    </aside>
  )
}

function ReleaseFacts({ line, nowMs }: { readonly line: ReleaseLine; readonly nowMs: number }): ReactElement {
  return (
    <dl className="facts">
      <dt>Message</dt>
      <dd className="break">
        {line.message === '' ? <span className="quiet">none</span> : <Foreign text={line.message} max={600} />}
      </dd>
      <dt>Published</dt>
      <dd>
        <Moment atMs={line.publishedMs} nowMs={nowMs} />, good until <Moment atMs={line.expiresMs} nowMs={nowMs} />
      </dd>
      <dt>Signed by</dt>
      <dd className={line.signers.length === 0 ? 'bad' : ''}>{signersText(line.signers)}</dd>
      <dt>Content</dt>
      <dd>
        {countOf(line.entries, 'entry', 'entries')}, <Bytes value={line.bytes} />, <Id value={line.manifest} />
        {line.sameAs !== null && `, the same as release ${line.sameAs}`}
      </dd>
      <dt>Live on</dt>
      <dd>
        <a href={hostsHref(`release:${line.release}`, line.channel)}>{countOf(line.live, 'host')}</a>,{' '}
        {formatCount(line.proved)} of them proved it
      </dd>
    </dl>
  )
}
