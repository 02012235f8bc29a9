import { type ReactElement, useDeferredValue, useState } from 'react'
import type { PreviewRow } from '../../../protocol/control/window.ts'
import { displayPath, toByteString } from '../../../protocol/ids/index.ts'
import { CHANGE_LAYOUTS, ChangeList, type ChangeLayout } from '../../components/change-list.tsx'
import { FilterField } from '../../components/filter-field.tsx'
import { Empty, Failure } from '../../components/notice.tsx'
import { Said } from '../../components/said.tsx'
import { Segments } from '../../components/segments.tsx'
import { countOf, formatBytes, formatCount, formatShare } from '../../state/format.ts'
import { exactGlob, folderGlobs } from '../../state/preview.ts'
import { showText } from '../../state/text.ts'
import { ChangeDetail } from './change-detail.tsx'
import type { StepProps } from './types.ts'
import { Warnings } from './warnings.tsx'

const KINDS = ['added', 'changed', 'renamed', 'removed'] as const
const NO_ROWS: readonly PreviewRow[] = []
const NO_COUNTS = { added: 0, changed: 0, renamed: 0, removed: 0 }
const SIGNS = { added: '+', changed: '~', renamed: '→', removed: '−' } as const

/** What publishing would change, as it is found: tree or list, filtered, with the text of each change and what deserves a look. */
export function ChangesStep({ draft, preview, onChange, onNext, onBack }: StepProps): ReactElement {
  const [layout, setLayout] = useState<ChangeLayout>('tree')
  const [only, setOnly] = useState<(typeof KINDS)[number]>()
  const [text, setText] = useState('')
  const [picked, setPicked] = useState<PreviewRow>()
  const [leaving, setLeaving] = useState<readonly string[]>([])
  const filter = useDeferredValue(text.toLowerCase())
  const state = preview.value
  const result = state?.result
  // Both sides as bytes, folded in the same way: names that are no UTF-8 are found by what is readable of them.
  const wanted = toByteString(new TextEncoder().encode(filter)).toLowerCase()
  const shown = {
    key: `${only ?? ''} ${filter}`,
    matches: (row: PreviewRow) =>
      (only === undefined || row.what === only) && (wanted === '' || row.path.toLowerCase().includes(wanted)),
  }
  const leave = (globs: readonly string[]): void => setLeaving([...leaving, ...globs])
  const readAgain = (): void => {
    onChange({ exclude: [...new Set([...draft.exclude, ...leaving])], reading: draft.reading + 1 })
    setLeaving([])
    setPicked(undefined)
  }
  const counts = result ?? state?.counts ?? NO_COUNTS
  return (
    <>
      <div className="row wrap changes-head">
        <p className="grow">
          <span className="strong clip">{draft.folder?.name}</span> against {draft.channel}
          {result !== undefined && (result.against === 0 ? ', which has no release yet' : `@${result.against}`)}.{' '}
          {result === undefined ? (
            preview.phase === 'failed' ? (
              'Reading stopped.'
            ) : (
              <span>
                Reading: {formatCount(state?.files ?? 0)}
                {state?.totalFiles !== null &&
                  state !== undefined &&
                  ` of ${formatCount(state.totalFiles)}`} files,{' '}
                {formatBytes(state?.bytes ?? 0)}…
              </span>
            )
          ) : result.against === 0 ? (
            <>
              New content <strong>{formatBytes(result.newBytes)}</strong>, before deltas.
            </>
          ) : (
            <>
              New content <strong>{formatBytes(result.newBytes)}</strong> of {formatBytes(result.bytes)} (
              {formatShare(result.bytes - result.newBytes, result.bytes)} is in {draft.channel}@{result.against}{' '}
              already, before deltas).
            </>
          )}
        </p>
        <Said
          about={result === undefined ? (preview.phase === 'failed' ? 'failed' : 'reading') : 'read'}
          text={
            result === undefined
              ? preview.phase === 'failed'
                ? 'Reading stopped'
                : 'Reading the folder…'
              : `The folder is read: ${countOf(result.added, 'entry', 'entries')} added, ${result.changed} changed, ${result.renamed} renamed, ${result.removed} removed`
          }
        />
        <div className="row">
          <button type="button" className="button" onClick={onBack}>
            Back
          </button>
          <button type="button" className="button" onClick={readAgain}>
            {leaving.length === 0 ? 'Read again' : `Read again without ${countOf(leaving.length, 'pattern')}`}
          </button>
          <button
            type="button"
            className="button primary"
            disabled={result === undefined || result.ticket === null || leaving.length > 0}
            onClick={onNext}
          >
            Next: where and how
          </button>
        </div>
      </div>
      {preview.phase === 'failed' && preview.error !== undefined && (
        <Failure
          problem={preview.error}
          what="The folder was not read to its end; nothing was stored"
          onRetry={preview.retry}
        />
      )}
      {draft.exclude.length > 0 && (
        <LeftOut
          globs={draft.exclude}
          onBack={(glob) =>
            onChange({ exclude: draft.exclude.filter((one) => one !== glob), reading: draft.reading + 1 })
          }
        />
      )}
      <Warnings
        warnings={state?.warnings ?? []}
        onLeave={(path) => leave([exactGlob(path)])}
        left={[...draft.exclude, ...leaving]}
      />
      <div className="changes-body" data-stale={preview.phase === 'stale'}>
        <section className="panel changes-list" aria-label="Changes">
          <header className="changes-tools">
            <div className="segments" role="group" aria-label="Only">
              <button type="button" aria-pressed={only === undefined} onClick={() => setOnly(undefined)}>
                All
              </button>
              {KINDS.map((kind) => (
                <button
                  key={kind}
                  type="button"
                  aria-pressed={only === kind}
                  title={kind}
                  onClick={() => setOnly(only === kind ? undefined : kind)}
                >
                  {SIGNS[kind]} {formatCount(counts[kind])} <span className="visually-hidden">{kind}</span>
                </button>
              ))}
            </div>
            <FilterField label="Filter paths" placeholder="path" value={text} onChange={setText} />
            <Segments label="Layout" value={layout} options={CHANGE_LAYOUTS} onChange={setLayout} />
          </header>
          <ChangeList
            source={state?.rows ?? NO_ROWS}
            count={state?.count ?? 0}
            filter={shown}
            layout={layout}
            onLayout={setLayout}
            picked={picked}
            onPick={setPicked}
            actionOf={(path, isFolder) => (
              <LeaveButton path={path} isFolder={isFolder} left={leaving} onLeave={leave} />
            )}
            empty={
              result === undefined ? null : state?.count === 0 ? (
                <Empty icon="check" title="Nothing would change">
                  <p>
                    {countOf(result.unchanged, 'entry', 'entries')} are the same as in {draft.channel}@{result.against}.
                    Publishing would make a new release with the same content.
                  </p>
                </Empty>
              ) : (
                <Empty icon="search" title={`None of ${countOf(state?.count ?? 0, 'change')}`}>
                  <p>
                    <button
                      type="button"
                      className="link"
                      onClick={() => {
                        setText('')
                        setOnly(undefined)
                      }}
                    >
                      Show all changes
                    </button>
                  </p>
                </Empty>
              )
            }
          />
        </section>
        <ChangeDetail change={picked} ticket={result?.ticket ?? undefined} />
      </div>
    </>
  )
}

/** What this reading left out, and the way to have it in again. */
function LeftOut({
  globs,
  onBack,
}: {
  readonly globs: readonly string[]
  readonly onBack: (glob: string) => void
}): ReactElement {
  return (
    <ul className="left-out row wrap small" aria-label="Left out">
      <li className="quiet">Left out:</li>
      {globs.map((glob) => (
        <li key={glob} className="chip">
          <span className="mono">{showText(glob, { max: 80 })}</span>
          <button type="button" className="link" onClick={() => onBack(glob)}>
            Take it in<span className="visually-hidden"> again: {showText(glob, { max: 80 })}</span>
          </button>
        </li>
      ))}
    </ul>
  )
}

function LeaveButton({
  path,
  isFolder,
  left,
  onLeave,
}: {
  readonly path: string
  readonly isFolder: boolean
  readonly left: readonly string[]
  readonly onLeave: (globs: readonly string[]) => void
}): ReactElement {
  if (left.includes(exactGlob(path))) return <span className="quiet small">left out</span>
  return (
    <button
      type="button"
      className="link small"
      onClick={() => onLeave(isFolder ? folderGlobs(path) : [exactGlob(path)])}
    >
      Leave out<span className="visually-hidden"> {displayPath(path)}</span>
    </button>
  )
}
