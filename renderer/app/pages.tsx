import type { ReactElement } from 'react'
import { Empty } from '../components/notice.tsx'
import { useRoute } from '../state/hooks.ts'
import { showText } from '../state/text.ts'
import { Overview } from '../views/overview/overview.tsx'

/** The page of the address. */
export function Pages(): ReactElement {
  const route = useRoute()
  switch (route.page) {
    case 'overview':
      return <Overview />
    default:
      return (
        <Empty icon="search" title="There is no such page">
          <p>
            The address says <code>{showText(route.page === 'missing' ? route.path : route.page, { max: 120 })}</code>.{' '}
            <a href="#/overview">Overview</a> shows where everything stands.
          </p>
        </Empty>
      )
  }
}
