import type { ReactElement } from 'react'
import type { ReleaseLine } from '../../../protocol/control/window.ts'
import { Foreign, Moment } from '../../components/values.tsx'
import { formatRoute } from '../../state/route.ts'
import { signersText } from '../../state/signers.ts'

/** Newest first: what was published, by whom. */
export function RecentReleases({
  lines,
  nowMs,
}: {
  readonly lines: readonly ReleaseLine[]
  readonly nowMs: number
}): ReactElement {
  if (lines.length === 0) return <p className="quiet pad">Nothing was published in this mesh yet.</p>
  return (
    <ul className="list">
      {lines.slice(0, 8).map((line) => (
        <li key={`${line.channel}@${line.release}`} className="recent-line">
          <div className="row spread">
            <a
              className="clip"
              href={formatRoute({ page: 'releases', channel: line.channel, release: line.release, from: undefined })}
            >
              {line.channel}@{line.release}
            </a>
            <span className="quiet small">
              <Moment atMs={line.publishedMs} nowMs={nowMs} />
            </span>
          </div>
          <p className="quiet small break">
            {line.message === '' ? 'no message' : <Foreign text={line.message} max={90} />} ·{' '}
            {signersText(line.signers)}
          </p>
        </li>
      ))}
    </ul>
  )
}
