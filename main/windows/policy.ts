import { type Asset, assetOf } from '../../protocol/console/index.ts'

/** Origin of everything that a window may load. */
export const APP_ORIGIN = 'app://shoal'

/** The file of the built renderer that a URL of the app names; undefined for anything else. Total: a URL that is none is nothing, too. */
export function assetOfUrl(url: string): Asset | undefined {
  const parsed = URL.parse(url)
  return parsed !== null && `${parsed.protocol}//${parsed.host}` === APP_ORIGIN ? assetOf(parsed.pathname) : undefined
}

/** Only the window's own top frame at the app's own origin may ask for the agent's port. */
export const isTrustedFrame = (frame: { readonly url: string; readonly parent: unknown } | null): boolean =>
  frame !== null && frame.parent === null && (frame.url === APP_ORIGIN || frame.url.startsWith(`${APP_ORIGIN}/`))
