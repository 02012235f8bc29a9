import { type ReactElement, useEffect, useState } from 'react'
import type { AccessDocument } from '../../../protocol/control/window.ts'
import { FeedFrame } from '../../components/notice.tsx'
import { countOf } from '../../state/format.ts'
import { useAnswer, useNow, useSession } from '../../state/hooks.ts'
import { formatRoute, type Route } from '../../state/route.ts'
import { showText } from '../../state/text.ts'
import { KeysTab } from './keys-tab.tsx'
import { MembersTab } from './members-tab.tsx'

/** The document is asked for again this often while the page is open: others join and sign. */
const AGAIN_MS = 5_000

/** Who may do what: hosts that joined or were invited, and the keys behind roles. */
export function Access({ route }: { readonly route: Extract<Route, { readonly page: 'access' }> }): ReactElement {
  const { link } = useSession()
  const [asked, setAsked] = useState(0)
  const [last, setLast] = useState<AccessDocument>()
  const nowMs = useNow()
  const feed = useAnswer(`access ${asked}`, (client, signal) => client.call('access', {}, { signal }))
  useEffect(() => {
    if (feed.value !== undefined) setLast(feed.value)
  }, [feed.value])
  useEffect(() => {
    const timer = setInterval(() => setAsked((count) => count + 1), AGAIN_MS)
    return () => clearInterval(timer)
  }, [])
  // Asking again does not take away what is shown.
  const shown = {
    ...feed,
    value: feed.value ?? last,
    phase: feed.phase === 'loading' && last !== undefined && link === 'live' ? ('live' as const) : feed.phase,
  }
  const stale = link !== 'live'
  return (
    <div className="page">
      <header className="page-head">
        <div className="titles">
          <h1>Keys &amp; access</h1>
          {shown.value !== undefined && (
            <p className="quiet">
              {countOf(shown.value.members.length, 'member')}, root {shown.value.mesh.rootVersion} of{' '}
              {showText(shown.value.mesh.name, { max: 60 })}
            </p>
          )}
        </div>
        <nav className="segments tabs" aria-label="Parts">
          {(['hosts', 'keys'] as const).map((tab) => (
            <a
              key={tab}
              href={formatRoute({ page: 'access', tab })}
              aria-current={route.tab === tab ? 'page' : undefined}
            >
              {tab === 'hosts' ? 'Hosts' : 'Keys & roles'}
              {tab === 'keys' && (shown.value?.proposals.length ?? 0) > 0 && ` (${shown.value?.proposals.length})`}
            </a>
          ))}
        </nav>
      </header>
      <div className="stack" data-stale={stale}>
        <FeedFrame feed={shown} what="keys and access">
          {(access) => {
            const part = { access, nowMs, onChanged: () => setAsked((count) => count + 1) }
            return route.tab === 'hosts' ? <MembersTab {...part} /> : <KeysTab {...part} />
          }}
        </FeedFrame>
      </div>
    </div>
  )
}
