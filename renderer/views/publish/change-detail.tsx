import type { ReactElement } from 'react'
import type { PreviewRow, PreviewSide } from '../../../protocol/control/window.ts'
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
      {hasSides(change) && ticket !== undefined ? (
        <SidesOf key={`${ticket} ${change.path}`} change={change} ticket={ticket} />
      ) : (
        <Facts change={change} waiting={hasSides(change)} />
      )}
    </section>
  )
}

const hasSides = ({ kind }: PreviewRow): boolean => kind !== 'directory'

function SidesOf({ change, ticket }: { readonly change: PreviewRow; readonly ticket: string }): ReactElement {
  const { path } = change
  const feed = useAnswer(`text ${ticket} ${path}`, (client, signal) =>
    client.call('previewText', { ticket, path }, { signal }),
  )
  return (
    <FeedFrame feed={feed} what="the text" className="detail-body">
      {({ before, after }) =>
        isShown(before) && isShown(after) ? (
          <DiffView before={before?.text ?? null} after={after?.text ?? null} />
        ) : (
          <div className="stack">
            <Facts change={change} waiting={false} />
            {before !== null && <Side name="Before" side={before} />}
            {after !== null && <Side name="After" side={after} />}
          </div>
        )
      }
    </FeedFrame>
  )
}

const isShown = (side: PreviewSide | null): boolean => side === null || side.text !== null

const WORDS = {
  text: 'text',
  link: 'link',
  binary: 'is binary',
  long: 'is too long to be compared as text',
  elsewhere: 'is not on this machine',
} as const satisfies Record<PreviewSide['kind'], string>

/** The first bytes of what is no text, and why there is nothing where there is nothing. */
function Side({ name, side }: { readonly name: string; readonly side: PreviewSide }): ReactElement {
  return (
    <section className="body stack tight" aria-label={name}>
      <p className="quiet">
        {name}: {WORDS[side.kind]}
        {side.dump !== null && '; its first bytes:'}
      </p>
      {side.dump !== null && (
        <pre className="diff" tabIndex={0} role="region" aria-label={`${name}: first bytes`}>
          {side.dump}
        </pre>
      )}
      {side.text !== null && <pre className="diff">{showText(side.text, { max: 20_000, lines: true })}</pre>}
    </section>
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
