import { type ReactElement, useRef } from 'react'
import { Icon, type IconName } from '../components/icon.tsx'
import { formatCount } from '../state/format.ts'
import { useRoute, useSession, useShared } from '../state/hooks.ts'
import { formatRoute, type Page } from '../state/route.ts'
import { type Command, SHORTCUTS } from '../state/shortcuts.ts'
import { placeOf } from './navigation.ts'

const PLACES: readonly {
  readonly page: Page
  readonly title: string
  readonly icon: IconName
  readonly command: Command
}[] = [
  { page: 'overview', title: 'Overview', icon: 'overview', command: 'go:overview' },
  { page: 'rollouts', title: 'Rollouts', icon: 'rollouts', command: 'go:rollout' },
  { page: 'hosts', title: 'Hosts', icon: 'hosts', command: 'go:hosts' },
  { page: 'releases', title: 'Releases', icon: 'releases', command: 'go:releases' },
  { page: 'publish', title: 'Publish', icon: 'publish', command: 'go:publish' },
  { page: 'network', title: 'Network', icon: 'network', command: 'go:network' },
  { page: 'alerts', title: 'Alerts', icon: 'alerts', command: 'go:alerts' },
  { page: 'activity', title: 'Activity', icon: 'activity', command: 'go:activity' },
  { page: 'access', title: 'Keys & access', icon: 'access', command: 'go:access' },
  { page: 'settings', title: 'Settings', icon: 'settings', command: 'go:settings' },
]

/** What the button of a small window opens. */
export const RAIL_ID = 'pages'

/** The pages, with what waits behind them. A popover in a window that has no room for it. */
export function Rail(): ReactElement {
  const { page } = useRoute()
  const { overview } = useSession()
  const { commands } = useShared()
  const nav = useRef<HTMLElement>(null)
  const going = overview?.channels.filter((card) => card.converged < card.hosts && card.release > 0).length ?? 0
  return (
    <nav ref={nav} id={RAIL_ID} popover="auto" className="rail" aria-label="Pages">
      {PLACES.map((place) => {
        const route = placeOf(place.command)
        const keys = SHORTCUTS.find(({ command }) => command === place.command)?.keys
        return (
          <a
            key={place.page}
            href={route === undefined ? '#/' : formatRoute(route)}
            aria-current={place.page === page ? 'page' : undefined}
            onClick={() => nav.current?.hidePopover()}
            title={`${place.title} (${keys})`}
          >
            <Icon name={place.icon} />
            <span>{place.title}</span>
            {place.page === 'alerts' && (overview?.openAlerts ?? 0) > 0 && (
              <span className="count bad">{formatCount(overview?.openAlerts ?? 0)}</span>
            )}
            {place.page === 'rollouts' && going > 0 && <span className="count">{formatCount(going)}</span>}
            {place.page === 'hosts' && overview !== undefined && (
              <span className="count">{formatCount(overview.hosts)}</span>
            )}
          </a>
        )
      })}
      <button
        type="button"
        className="link below"
        onClick={() => {
          nav.current?.hidePopover()
          commands.tell('help')
        }}
      >
        <span className="key" aria-hidden="true">
          ?
        </span>{' '}
        all keys
      </button>
    </nav>
  )
}
