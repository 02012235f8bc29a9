import type { ReactElement } from 'react'
import { Empty } from '../components/notice.tsx'
import { useRoute } from '../state/hooks.ts'
import { showText } from '../state/text.ts'
import { Access } from '../views/access/access.tsx'
import { Activity } from '../views/activity/activity.tsx'
import { Alerts } from '../views/alerts/alerts.tsx'
import { Hosts } from '../views/hosts/hosts.tsx'
import { Network } from '../views/network/network.tsx'
import { Overview } from '../views/overview/overview.tsx'
import { Publish } from '../views/publish/publish.tsx'
import { Releases } from '../views/releases/releases.tsx'
import { RolloutList } from '../views/rollout/rollout-list.tsx'
import { Rollout } from '../views/rollout/rollout.tsx'
import { Settings } from '../views/settings/settings.tsx'

/** The page of the address. */
export function Pages(): ReactElement {
  const route = useRoute()
  switch (route.page) {
    case 'overview':
      return <Overview />
    case 'hosts':
      return <Hosts route={route} />
    case 'rollouts':
      return route.channel === undefined ? (
        <RolloutList />
      ) : (
        <Rollout key={route.channel} channel={route.channel} release={route.release} />
      )
    case 'releases':
      return <Releases route={route} />
    case 'publish':
      return <Publish channel={route.channel} />
    case 'network':
      return <Network route={route} />
    case 'alerts':
      return <Alerts />
    case 'activity':
      return <Activity text={route.text} />
    case 'access':
      return <Access route={route} />
    case 'settings':
      return <Settings />
    case 'missing':
      return (
        <Empty icon="search" title="There is no such page" isPage>
          <p>
            The address says <code>{showText(route.path, { max: 120 })}</code>. <a href="#/overview">Overview</a> shows
            where everything stands.
          </p>
        </Empty>
      )
  }
}
