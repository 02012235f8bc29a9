import type { ReactElement } from 'react'
import type { PreviewRow } from '../../../protocol/control/window.ts'
import { displayPath } from '../../../protocol/ids/index.ts'
import { DiffView } from '../../components/diff-view.tsx'
import { Empty, FeedFrame } from '../../components/notice.tsx'
import { Bytes } from '../../components/values.tsx'
import { useAnswer } from '../../state/hooks.ts'
import { showText } from '../../state/text.ts'

/** One change: the text of both sides where there is text, else what is known of it. */
export function ChangeDetail({
  change,
  ticket,
}: {
  readonly change: PreviewRow | undefined
  readonly ticket: string | undefined
}): ReactElement {
  if (change === undefined)
    return (
      <section className="panel change-detail" aria-label="The change">
        <Empty icon="file" title="Choose a change to look at it">
          <p>
            <span className="key">[</span> and <span className="key">]</span> go through them.
          </p>
        </Empty>
      </section>
    )
  return (
    <section className="panel change-detail" aria-label="The change">
      <header>
        <h2 className="clip mono" title={displayPath(change.path)}>
          {showText(displayPath(change.path), { max: 300 })}
        </h2>
        <span className="quiet small nowrap">{change.what}</span>
      </header>
      {change.text && ticket !== undefined ? (
        <TextOf key={`${ticket} ${change.path}`} path={change.path} ticket={ticket} />
      ) : (
        <Facts change={change} waiting={change.text} />
      )}
    </section>
  )
}

function TextOf({ path, ticket }: { readonly path: string; readonly ticket: string }): ReactElement {
  const feed = useAnswer(`text ${ticket} ${path}`, (client, signal) =>
    client.call('previewText', { ticket, path }, { signal }),
  )
  return (
    <FeedFrame feed={feed} what="the text" className="detail-body">
      {({ before, after }) => <DiffView before={before} after={after} />}
    </FeedFrame>
  )
}

function Facts({ change, waiting }: { readonly change: PreviewRow; readonly waiting: boolean }): ReactElement {
  return (
    <div className="body stack">
      {waiting && (
        <p className="quiet" role="status">
          The text is there once the whole folder was read.
        </p>
      )}
      <dl className="facts">
        <dt>Kind</dt>
        <dd>{change.kind}</dd>
        {change.detail !== '' && (
          <>
            <dt>Change</dt>
            <dd className="break">{showText(change.detail, { max: 400 })}</dd>
          </>
        )}
        {change.from !== null && (
          <>
            <dt>Was at</dt>
            <dd className="break mono">{showText(displayPath(change.from), { max: 400 })}</dd>
          </>
        )}
        {change.kind === 'file' && (
          <>
            <dt>Before</dt>
            <dd>
              <Bytes value={change.sizeBefore} />
            </dd>
            <dt>After</dt>
            <dd>
              <Bytes value={change.sizeAfter} />
            </dd>
          </>
        )}
      </dl>
      {change.kind === 'file' && !change.text && (
        <p className="quiet">It is binary, or too long to be compared as text.</p>
      )}
    </div>
  )
}
