import { type ReactElement, useMemo, useRef, useState } from 'react'
import type { SiteCounts } from '../../../protocol/control/window.ts'
import { Failure, Skeleton } from '../../components/notice.tsx'
import { useWidth, Waffle } from '../../components/waffle.tsx'
import { countOf, formatCount } from '../../state/format.ts'
import { useClient, useFeed } from '../../state/hooks.ts'
import { MARK_ORDER, MARKS } from '../../state/mark.ts'
import { SQUARES_OF_ALL } from '../../state/host-rows.ts'
import { hostsHref } from '../../state/route.ts'
import { showText } from '../../state/text.ts'
import { choosePitch, toGroups } from '../../state/waffle.ts'

/** Height that all squares together may take, CSS pixels. */
const BUDGET = 380
/** Room for the name and the numbers of a site; in a narrow panel they stand above its squares. */
const LABELS = 250
const NARROW = 480
/** Until the page has said how much room there is. */
const FIRST_WIDTH = 600

/** A square a host, a line of squares a site. */
export function SiteWaffle({
  sites,
  hosts,
}: {
  readonly sites: readonly SiteCounts[]
  readonly hosts: number
}): ReactElement {
  const box = useRef<HTMLDivElement>(null)
  const room = useWidth(box) ?? FIRST_WIDTH
  const width = room < NARROW ? room : room - LABELS
  const client = useClient()
  const [tip, setTip] = useState<{ readonly text: string; readonly x: number; readonly y: number }>()
  const asked = useRef<number>(undefined)
  const feed = useFeed('overview-squares', async function* (agent, signal) {
    let states = new Uint8Array()
    for await (const update of agent.stream('watchHosts', SQUARES_OF_ALL, { signal })) {
      if (update.states !== null) states = new Uint8Array(update.states)
      yield { states, sites: update.sites }
    }
  })
  const groups = useMemo(
    () => toGroups(feed.value?.sites ?? sites, feed.value?.states.length ?? hosts),
    [feed.value, sites, hosts],
  )
  const pitch = choosePitch(
    groups.map((group) => group.hosts),
    Math.max(80, width),
    BUDGET,
  )
  const countsOf = new Map(sites.map((site) => [site.site, site.counts]))

  const point = (index: number | undefined, x: number, y: number): void => {
    if (index === asked.current) return
    asked.current = index
    setTip(undefined)
    if (index === undefined || client === undefined) return
    client.call('hostAt', { query: '', channel: null, index }).then(
      (line) => {
        if (asked.current === index && line !== null) setTip({ text: `${line.host} · ${MARKS[line.state].word}`, x, y })
      },
      () => undefined,
    )
  }
  const pick = async (index: number): Promise<void> => {
    const line = await client?.call('hostAt', { query: '', channel: null, index })
    if (line !== null && line !== undefined) location.hash = hostsHref('', undefined, line.host)
  }

  return (
    <div ref={box} className="site-waffle" data-stale={feed.phase === 'stale'}>
      {feed.phase === 'failed' && feed.error !== undefined && (
        <Failure problem={feed.error} what="The agent does not give the hosts" onRetry={feed.retry} />
      )}
      {feed.value === undefined && feed.phase !== 'failed' && <Skeleton what="hosts" lines={4} />}
      {feed.value !== undefined &&
        groups.map((group) => {
          const counts = countsOf.get(group.site)
          return (
            <div key={group.site} className="site-line">
              <a className="clip" href={hostsHref(group.site === '' ? '' : `site:${group.site}`)}>
                {group.site === '' ? 'all sites' : showText(group.site, { max: 64 })}
              </a>
              <Waffle
                states={feed.value?.states.subarray(group.start, group.start + group.hosts) ?? new Uint8Array()}
                pitch={pitch}
                label={`${group.site === '' ? 'All sites' : showText(group.site, { max: 64 })}: ${
                  counts === undefined
                    ? countOf(group.hosts, 'host')
                    : MARK_ORDER.filter((state) => counts[state] > 0)
                        .map((state) => `${formatCount(counts[state])} ${MARKS[state].word}`)
                        .join(', ')
                }`}
                onPoint={(index, x, y) => point(index === undefined ? undefined : group.start + index, x, y)}
                onPick={(index) => void pick(group.start + index)}
              />
              <span className="num">{formatCount(group.hosts)}</span>
              <span className="num quiet small">
                {counts === undefined ? '' : missing(counts.current, group.hosts - counts.idle)}
              </span>
            </div>
          )
        })}
      {tip !== undefined && (
        <div className="tip" style={{ insetInlineStart: tip.x + 12, insetBlockStart: tip.y + 14 }} aria-hidden="true">
          {tip.text}
        </div>
      )}
    </div>
  )
}

/** Of those that have a release to be at. */
const missing = (current: number, hosts: number): string =>
  hosts === 0 ? 'nothing to run' : current === hosts ? 'all current' : `${formatCount(hosts - current)} not current`
