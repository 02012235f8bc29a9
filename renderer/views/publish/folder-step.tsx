import { type ReactElement, useId, useState } from 'react'
import { desktopApi } from '../../bridge.ts'
import { TextField } from '../../components/field.tsx'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { Icon } from '../../components/icon.tsx'
import { Empty, Failure, FeedFrame } from '../../components/notice.tsx'
import { useAction, useAnswer, useSession } from '../../state/hooks.ts'
import { channelProblem } from '../../state/publish.ts'
import { showText } from '../../state/text.ts'
import type { StepProps } from './types.ts'

/** Which folder, against which channel. Folders are those that this window was given: it never names a path. */
export function FolderStep({ draft, onChange, onNext }: Omit<StepProps, 'onBack' | 'preview'>): ReactElement {
  const { overview } = useSession()
  const list = useId()
  const [at, setAt] = useState<string | null>(null)
  const feed = useAnswer(`folders ${at ?? ''}`, (client, signal) => client.call('folders', { folder: at }, { signal }))
  const wrong = draft.channel === '' ? undefined : channelProblem(draft.channel)
  const known = overview?.channels.map((card) => card.channel) ?? []
  const desktop = desktopApi()
  const choose = useAction(async () => {
    const chosen = await desktop?.chooseFolder()
    if (chosen?.ok === false) throw new ShoalError(chosen.error.code, chosen.error.message)
    if (chosen?.value) onChange({ folder: chosen.value, exclude: [], reading: draft.reading + 1 })
  })
  const ready = draft.folder !== undefined && channelProblem(draft.channel) === undefined
  return (
    <div className="columns">
      <section className="panel" aria-labelledby="publish-folder">
        <header>
          <h2 id="publish-folder">Folder</h2>
          <span className="quiet small">what is in it becomes the release; it may change afterwards</span>
        </header>
        {desktop !== undefined && (
          <div className="body stack tight">
            <div>
              <button type="button" className="button" disabled={choose.busy} onClick={() => choose.run()}>
                <Icon name="folder" size={14} />
                {draft.folder === undefined ? 'Choose a folder…' : 'Choose another folder…'}
              </button>
            </div>
            {choose.problem !== undefined && <Failure problem={choose.problem} what="No folder was chosen" />}
          </div>
        )}
        <FeedFrame feed={feed} what="the folders" className="body stack tight">
          {({ above, rows, truncated }) => (
            <>
              <nav className="row wrap crumbs" aria-label="Folders above">
                <button type="button" className="link" onClick={() => setAt(null)}>
                  Roots
                </button>
                {above.map((row) => (
                  <span key={row.id} className="row">
                    <Icon name="right" size={11} />
                    <button type="button" className="link" onClick={() => setAt(row.id)}>
                      {showText(row.name, { max: 60 })}
                    </button>
                  </span>
                ))}
              </nav>
              {above.length === 0 && rows.length === 0 && desktop === undefined && (
                <Empty icon="folder" title="This agent offers no folder">
                  <p>
                    In a browser, folders come from the roots that <code>shoal web</code> was started with.
                  </p>
                </Empty>
              )}
              {above.length > 0 && rows.length === 0 && <p className="quiet">There is no folder in it.</p>}
              <ul className="folders" aria-label="Folders">
                {rows.map((row) => (
                  <li key={row.id} data-picked={row.id === draft.folder?.id}>
                    <button
                      type="button"
                      className="folder-name"
                      onClick={() => setAt(row.id)}
                      title={showText(row.path, { max: 500 })}
                    >
                      <Icon name="folder" />
                      <span className="clip">{showText(row.name, { max: 120 })}</span>
                    </button>
                    <button
                      type="button"
                      className="button small"
                      aria-pressed={row.id === draft.folder?.id}
                      onClick={() => onChange({ folder: row, exclude: [], reading: draft.reading + 1 })}
                    >
                      {row.id === draft.folder?.id ? 'Chosen' : 'Choose'}
                      <span className="visually-hidden"> {showText(row.name, { max: 80 })}</span>
                    </button>
                  </li>
                ))}
              </ul>
              {truncated && <p className="quiet small">There are more folders than are shown: go into one.</p>}
            </>
          )}
        </FeedFrame>
      </section>
      <section className="panel" aria-labelledby="publish-channel">
        <header>
          <h2 id="publish-channel">Channel</h2>
        </header>
        <form
          className="body stack"
          onSubmit={(event) => {
            event.preventDefault()
            if (ready) onNext()
          }}
        >
          <div className="stack tight">
            {known.map((name) => (
              <label key={name} className="choice">
                <input
                  type="radio"
                  name={list}
                  checked={draft.channel === name}
                  onChange={() => onChange({ channel: name })}
                />
                <span className="grow clip">{name}</span>
                <span className="quiet small">
                  release {overview?.channels.find((card) => card.channel === name)?.release ?? 0}
                </span>
              </label>
            ))}
          </div>
          <TextField
            label={known.length === 0 ? 'Name of the channel' : 'or a new one'}
            value={known.includes(draft.channel) ? '' : draft.channel}
            onChange={(channel) => onChange({ channel })}
            wrong={known.includes(draft.channel) ? undefined : wrong}
            placeholder="web"
          />
          <dl className="facts">
            <dt>Folder</dt>
            <dd className="break">
              {draft.folder === undefined ? (
                <span className="quiet">none chosen</span>
              ) : (
                showText(draft.folder.path, { max: 300 })
              )}
            </dd>
          </dl>
          <div className="row">
            <button type="submit" className="button primary" disabled={!ready}>
              Next: what would change
            </button>
          </div>
        </form>
      </section>
    </div>
  )
}
