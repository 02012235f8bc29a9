import { type Asset, assetOf } from '../../protocol/console/index.ts'

/** Origin of everything that a window may load. */
export const APP_ORIGIN = 'app://shoal'

/** The file of the built renderer that a URL of the app names; undefined for anything else. Total: a URL that is none is nothing, too. */
export function assetOfUrl(url: string): Asset | undefined {
  return originOf(url) === APP_ORIGIN ? assetOf(URL.parse(url)?.pathname ?? '') : undefined
}

/** `URL.origin` is `null` for schemes that are not the web's. */
function originOf(url: string): string | undefined {
  const parsed = URL.parse(url)
  return parsed === null ? undefined : `${parsed.protocol}//${parsed.host}`
}

/** Only the window's own top frame at the app's own origin may ask the main process for anything (CONSOLE-5). */
export const isTrustedFrame = (
  frame: { readonly url: string; readonly parent: unknown } | null,
  origin: string = APP_ORIGIN,
): boolean => frame !== null && frame.parent === null && originOf(frame.url) === origin

/** The console copies text. It asks for nothing else, so nothing else is granted, whatever Chromium's next version calls it. */
export const isAllowedPermission = (permission: string, url: string, origin: string): boolean =>
  permission === 'clipboard-sanitized-write' && originOf(url) === origin

/** Pages of listed origins may be opened in the person's own browser: over https, without credentials in the address. */
export function isAllowedExternal(url: string, origins: readonly string[]): boolean {
  const parsed = URL.parse(url)
  if (parsed === null || parsed.protocol !== 'https:' || parsed.username !== '' || parsed.password !== '') return false
  return origins.includes(parsed.origin)
}
