import { type ReactElement, useState } from 'react'
import type { CompareResult, CompareRow, ControlClient, ReleaseRef } from '../../../protocol/control/window.ts'
import { CHANGE_LAYOUTS, ChangeList, type ChangeLayout } from '../../components/change-list.tsx'
import { FeedFrame } from '../../components/notice.tsx'
import { Said } from '../../components/said.tsx'
import { Segments } from '../../components/segments.tsx'
import { countOf, formatBytes, formatCount } from '../../state/format.ts'
import { useFeed } from '../../state/hooks.ts'

interface Compared {
  readonly rows: readonly CompareRow[]
  /** `rows` grows in place: so many belong to this picture. */
  readonly count: number
  readonly result: CompareResult | undefined
}

/** Pictures of what was compared so far come no faster. */
const PICTURE_MS = 150

async function* readCompare(
  client: ControlClient,
  request: { readonly from: ReleaseRef; readonly to: ReleaseRef },
  signal: AbortSignal,
): AsyncGenerator<Compared, void, undefined> {
  const rows: CompareRow[] = []
  const stream = client.stream('compare', request, { signal })
  let shownAt = -Infinity
  for (;;) {
    const step = await stream.next()
    if (step.done === true) {
      yield { rows, count: rows.length, result: step.value }
      return
    }
    rows.push(...step.value)
    if (performance.now() - shownAt < PICTURE_MS) continue
    shownAt = performance.now()
    yield { rows, count: rows.length, result: undefined }
  }
}

/** What one release changed against another, of any channel. */
export function Compare({ from, to }: { readonly from: ReleaseRef; readonly to: ReleaseRef }): ReactElement {
  const [layout, setLayout] = useState<ChangeLayout>('tree')
  const [picked, setPicked] = useState<CompareRow>()
  const feed = useFeed(
    `compare ${JSON.stringify([from, to])}`,
    (client, signal) => readCompare(client, { from, to }, signal),
    null,
  )
  return (
    <FeedFrame feed={feed} what="the comparison" className="compare">
      {({ rows, count, result }) => (
        <>
          <div className="row spread wrap">
            <p>
              {result === undefined ? (
                `Comparing: ${countOf(count, 'change')} so far…`
              ) : (
                <>
                  <span className="good">+{formatCount(result.added)}</span>{' '}
                  <span className="busy">~{formatCount(result.changed)}</span>{' '}
                  <span className="back">→{formatCount(result.renamed)}</span>{' '}
                  <span className="bad">−{formatCount(result.removed)}</span>{' '}
                  <span className="quiet">
                    ={formatCount(result.unchanged)}; {formatBytes(result.newBytes)} of new content before deltas
                  </span>
                </>
              )}
            </p>
            <Said
              about={result === undefined ? 'comparing' : 'compared'}
              text={
                result === undefined
                  ? 'Comparing…'
                  : `${countOf(result.added, 'entry', 'entries')} added, ${result.changed} changed, ${result.renamed} renamed, ${result.removed} removed`
              }
            />
            <Segments label="Layout" value={layout} options={CHANGE_LAYOUTS} onChange={setLayout} />
          </div>
          {count === 0 && result !== undefined ? (
            <p className="quiet">They have the very same content.</p>
          ) : (
            <div className="compare-list">
              <ChangeList
                source={rows}
                count={count}
                layout={layout}
                onLayout={setLayout}
                picked={picked}
                onPick={setPicked}
              />
            </div>
          )}
        </>
      )}
    </FeedFrame>
  )
}
