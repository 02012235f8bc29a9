import { extname, join, normalize, relative, sep } from 'node:path'

/** Origin of everything that a window may load. */
export const APP_ORIGIN = 'app://shoal'

/** Nothing from elsewhere, no inline script, no string that becomes code. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/** The file below `folder` that a URL of the app names; undefined for anything that is not plainly one of its files. */
export function fileOfUrl(url: string, folder: string): { readonly path: string; readonly type: string } | undefined {
  const { origin, protocol, host, pathname } = new URL(url)
  if (origin !== APP_ORIGIN && `${protocol}//${host}` !== APP_ORIGIN) return undefined
  const name = pathname === '/' ? '/index.html' : decodeURIComponent(pathname)
  const path = normalize(join(folder, name))
  const inside = relative(folder, path)
  const type = TYPES[extname(path)]
  if (type === undefined || inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || name.includes('\0'))
    return undefined
  return { path, type }
}

/** Only the window's own top frame at the app's own origin may ask for the agent's port. */
export const isTrustedFrame = (frame: { readonly url: string; readonly parent: unknown } | null): boolean =>
  frame !== null && frame.parent === null && (frame.url === APP_ORIGIN || frame.url.startsWith(`${APP_ORIGIN}/`))
