import type { Command } from '../state/shortcuts.ts'
import { formatRoute, parseRoute, type Route } from '../state/route.ts'
import { createStore, type Store } from '../state/store.ts'

/** The page's address as a store. Links are plain `#/…` links; the browser's own history does the rest. */
export function createNavigation(target: Window): { readonly route: Store<Route>; stop(): void } {
  const route = createStore<Route>(parseRoute(target.location.hash))
  const changed = (): void => route.set(parseRoute(target.location.hash))
  target.addEventListener('hashchange', changed)
  return { route, stop: () => target.removeEventListener('hashchange', changed) }
}

/** Goes to a place; `replace` does not leave one behind to go back to. */
export function navigate(route: Route, { replace = false } = {}): void {
  const hash = formatRoute(route)
  if (hash === location.hash) return
  if (!replace) {
    location.hash = hash
    return
  }
  history.replaceState(null, '', hash)
  dispatchEvent(new HashChangeEvent('hashchange'))
}

/** Where a `go:…` command leads; undefined for any other. */
export function placeOf(command: Command): Route | undefined {
  switch (command) {
    case 'go:overview':
      return { page: 'overview' }
    case 'go:rollout':
      return { page: 'rollouts', channel: undefined, release: undefined }
    case 'go:hosts':
      return { page: 'hosts', query: '', channel: undefined, host: undefined }
    case 'go:releases':
      return { page: 'releases', channel: undefined, release: undefined, from: undefined }
    case 'go:publish':
      return { page: 'publish', channel: undefined }
    case 'go:network':
      return { page: 'network', from: undefined, to: undefined }
    case 'go:alerts':
      return { page: 'alerts' }
    case 'go:activity':
      return { page: 'activity', text: '' }
    case 'go:access':
      return { page: 'access', tab: 'hosts' }
    case 'go:settings':
      return { page: 'settings' }
    default:
      return undefined
  }
}
