/** A place in the console, as the part of the address after `#`. Deep links only ever navigate. */
export type Route =
  | { readonly page: 'overview' }
  | {
      readonly page: 'hosts'
      readonly query: string
      readonly channel: string | undefined
      /** The one whose drawer is open. */
      readonly host: string | undefined
    }
  | { readonly page: 'rollouts'; readonly channel: string | undefined; readonly release: number | undefined }
  | {
      readonly page: 'releases'
      readonly channel: string | undefined
      readonly release: number | undefined
      /** What it is compared with. */
      readonly from: number | undefined
    }
  | { readonly page: 'publish'; readonly channel: string | undefined }
  | { readonly page: 'network'; readonly from: string | undefined; readonly to: string | undefined }
  | { readonly page: 'alerts' }
  | { readonly page: 'activity'; readonly text: string }
  | { readonly page: 'access'; readonly tab: 'hosts' | 'keys' }
  | { readonly page: 'settings' }
  | { readonly page: 'missing'; readonly path: string }

export type Page = Route['page']

/** Longest address that is read, characters. */
const ADDRESS_CHARS = 4096

/** Pure: the place that `#/…` names; `missing` for none that is known. */
export function parseRoute(hash: string): Route {
  const address = hash.replace(/^#?\/?/, '').slice(0, ADDRESS_CHARS)
  const mark = address.indexOf('?')
  const path = mark < 0 ? address : address.slice(0, mark)
  const params = new URLSearchParams(mark < 0 ? '' : address.slice(mark + 1))
  const [page = '', first, second] = path.split('/').map(decoded)
  const param = (name: string): string | undefined => params.get(name) ?? undefined
  switch (page) {
    case '':
    case 'overview':
      return { page: 'overview' }
    case 'hosts':
      return { page, query: param('q') ?? '', channel: param('channel'), host: param('host') }
    case 'rollouts':
      return { page, channel: first, release: toRelease(second) }
    case 'releases':
      return { page, channel: first, release: toRelease(second), from: toRelease(param('from')) }
    case 'publish':
      return { page, channel: first }
    case 'network':
      return { page, from: param('from'), to: param('to') }
    case 'alerts':
    case 'settings':
      return { page }
    case 'activity':
      return { page, text: param('text') ?? '' }
    case 'access':
      return { page, tab: first === 'keys' ? 'keys' : 'hosts' }
    default:
      return { page: 'missing', path }
  }
}

/** Pure: the address of a place; `parseRoute` reads it back. */
export function formatRoute(route: Route): string {
  switch (route.page) {
    case 'hosts':
      return withParams(['hosts'], { q: route.query || undefined, channel: route.channel, host: route.host })
    case 'rollouts':
      return withParams(['rollouts', route.channel, route.release], {})
    case 'releases':
      return withParams(['releases', route.channel, route.release], { from: route.from })
    case 'publish':
      return withParams(['publish', route.channel], {})
    case 'network':
      return withParams(['network'], { from: route.from, to: route.to })
    case 'activity':
      return withParams(['activity'], { text: route.text || undefined })
    case 'access':
      return withParams(['access', route.tab === 'hosts' ? undefined : route.tab], {})
    case 'missing':
      return `#/${route.path}`
    default:
      return withParams([route.page], {})
  }
}

const TITLES: Readonly<Record<Page, string>> = {
  overview: 'Overview',
  hosts: 'Hosts',
  rollouts: 'Rollouts',
  releases: 'Releases',
  publish: 'Publish',
  network: 'Network',
  alerts: 'Alerts',
  activity: 'Activity',
  access: 'Keys & access',
  settings: 'Settings',
  missing: 'No such page',
}

/** Pure: what a place is called. */
export function titleOf(route: Route): string {
  const title = TITLES[route.page]
  if (route.page === 'hosts' && route.host !== undefined) return `${route.host} – ${title}`
  if ((route.page === 'rollouts' || route.page === 'releases') && route.channel !== undefined)
    return `${route.channel}${route.release === undefined ? '' : `@${route.release}`} – ${title}`
  if (route.page === 'access' && route.tab === 'keys') return `Keys & roles – ${title}`
  return title
}

/** Pure: the same for places that have the same heading: a query, a drawer or an end of a path is no other place. */
export function placeKey(route: Route): string {
  switch (route.page) {
    case 'rollouts':
      return `${route.page} ${route.channel ?? ''} ${route.release ?? ''}`
    case 'access':
      return `${route.page} ${route.tab}`
    case 'missing':
      return `${route.page} ${route.path}`
    default:
      return route.page
  }
}

/** The address of hosts that a query finds: what every number on a page links to. */
export const hostsHref = (query: string, channel?: string, host?: string): string =>
  formatRoute({ page: 'hosts', query, channel, host })

function withParams(
  path: readonly (string | number | undefined)[],
  params: Readonly<Record<string, string | number | undefined>>,
): string {
  const given = path.filter((part) => part !== undefined).map((part) => encodeURIComponent(part))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(params)) if (value !== undefined) search.set(name, String(value))
  const text = search.toString()
  return `#/${given.join('/')}${text === '' ? '' : `?${text}`}`
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

function toRelease(text: string | undefined): number | undefined {
  const value = Number(text)
  return text !== undefined && Number.isSafeInteger(value) && value > 0 ? value : undefined
}
