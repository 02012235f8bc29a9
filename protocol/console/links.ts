import { z } from 'zod'

/** Scheme of the links that open the console somewhere: `shoal://rollouts/web`. */
export const LINK_SCHEME = 'shoal'

const LINK_LENGTH = 2048
const VALUE_LENGTH = 512

const segment = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,252}$/)
const release = z.string().regex(/^[1-9][0-9]{0,15}$/)
/** Text that shows as it is: no control characters, no lone surrogates. */
const value = z
  .string()
  .max(VALUE_LENGTH)
  .refine((text) => text.isWellFormed() && !/\p{Cc}/u.test(text))
const nothing = z.strictObject({})

/** What may be named on each page: a link only ever navigates, and names no path and no action. */
const pages = {
  overview: { path: z.tuple([]), params: nothing },
  hosts: { path: z.tuple([]), params: z.strictObject({ q: value, channel: segment, host: segment }).partial() },
  rollouts: { path: z.union([z.tuple([segment]), z.tuple([segment, release]), z.tuple([])]), params: nothing },
  releases: {
    path: z.union([z.tuple([segment]), z.tuple([segment, release]), z.tuple([])]),
    params: z.strictObject({ from: release }).partial(),
  },
  publish: { path: z.union([z.tuple([segment]), z.tuple([])]), params: nothing },
  network: { path: z.tuple([]), params: z.strictObject({ from: segment, to: segment }).partial() },
  alerts: { path: z.tuple([]), params: nothing },
  activity: { path: z.tuple([]), params: z.strictObject({ text: value }).partial() },
  access: { path: z.union([z.tuple([z.enum(['hosts', 'keys'])]), z.tuple([])]), params: nothing },
  settings: { path: z.tuple([]), params: nothing },
} as const

export type LinkPage = keyof typeof pages
const isPage = (name: string): name is LinkPage => Object.hasOwn(pages, name)

/** The place in the console that a link names, as the part of an address after `#`; undefined for anything that is no link. Pure and total (DESK-5). */
export function routeOfLink(link: string): string | undefined {
  if (link.length > LINK_LENGTH) return undefined
  const url = URL.parse(link)
  if (url === null || url.protocol !== `${LINK_SCHEME}:` || url.username !== '' || url.port !== '' || url.hash !== '')
    return undefined
  const page = url.hostname
  if (!isPage(page)) return undefined
  const path = url.pathname.split('/').filter((part) => part !== '')
  const names = [...url.searchParams.keys()]
  const { success: isPath } = pages[page].path.safeParse(path)
  const params = pages[page].params.safeParse(Object.fromEntries(url.searchParams))
  if (!isPath || !params.success || new Set(names).size !== names.length) return undefined
  return routeOf(page, path, params.data)
}

/** The address of a place in the console. */
export function routeOf(
  page: LinkPage,
  path: readonly string[] = [],
  params: Readonly<Record<string, string | undefined>> = {},
): string {
  const query = new URLSearchParams()
  for (const [name, text] of Object.entries(params)) if (text !== undefined) query.set(name, text)
  const place = `/${[page, ...path].map(encodeURIComponent).join('/')}`
  return query.size === 0 ? place : `${place}?${query}`
}
