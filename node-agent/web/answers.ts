import type { IncomingMessage } from 'node:http'
import { assetOf, securityHeaders } from '../../protocol/console/index.ts'
import type { SignIn } from './sign-in.ts'

/** What a request is answered with: a file of the console, or a few words. */
export type Answer =
  | { readonly kind: 'file'; readonly name: string; readonly type: string }
  | {
      readonly kind: 'text'
      readonly status: number
      readonly text: string
      readonly headers?: Readonly<Record<string, string>>
    }

/** Path of the WebSocket. */
export const CONTROL_PATH = '/control'
const SIGN_IN_PATH = '/sign-in/'

/** Of every answer: the console's policy, and nothing kept. There are no CORS headers on purpose. */
export const HEADERS = { ...securityHeaders({ connect: 'self' }), 'cache-control': 'no-store' }

/** Cookies are not kept apart by port, so the name has it. */
const cookieName = (port: number): string => `shoal-${port}`

export const signInPath = (token: string): string => `${SIGN_IN_PATH}${token}`

/** The names by which this server may be called: another one is somebody else's page whose name leads here. */
export const isOwnHost = (host: string | undefined, port: number): boolean =>
  host === `127.0.0.1:${port}` || host === `localhost:${port}`

/** Only a page that this server gave out may open the WebSocket. */
export const isOwnOrigin = (request: Pick<IncomingMessage, 'headers'>): boolean =>
  request.headers.origin !== undefined && request.headers.origin === `http://${request.headers.host}`

export function isSignedIn(request: Pick<IncomingMessage, 'headers'>, signIn: SignIn, port: number): boolean {
  const prefix = `${cookieName(port)}=`
  const cookies = (request.headers.cookie ?? '').split(';').map((cookie) => cookie.trim())
  return signIn.knows(cookies.find((cookie) => cookie.startsWith(prefix))?.slice(prefix.length))
}

/** What a request for a page is answered with (WEB-1, WEB-2, WEB-4). The sign-in token is spent by it. */
export function answerTo(
  request: Pick<IncomingMessage, 'headers' | 'method' | 'url'>,
  signIn: SignIn,
  port: number,
): Answer {
  if (!isOwnHost(request.headers.host, port)) return text(421, 'This console answers to 127.0.0.1 and localhost only.')
  if (request.method !== 'GET' && request.method !== 'HEAD') return text(405, 'Only GET.', { allow: 'GET, HEAD' })
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/'
  if (path.startsWith(SIGN_IN_PATH)) return answerSignIn(path.slice(SIGN_IN_PATH.length), request, signIn, port)
  if (!isSignedIn(request, signIn, port)) {
    return text(
      401,
      'Open the address that `shoal web` printed. It can be used once; run `shoal web` again for another.',
    )
  }
  const asset = assetOf(path)
  return asset === undefined ? text(404, 'There is nothing here.') : { kind: 'file', ...asset }
}

function answerSignIn(
  token: string,
  request: Pick<IncomingMessage, 'headers' | 'method'>,
  signIn: SignIn,
  port: number,
): Answer {
  // A HEAD is what a preview of the link sends: it must not spend the token.
  if (request.method !== 'GET') return text(405, 'Only GET.', { allow: 'GET' })
  if (isSignedIn(request, signIn, port)) return text(303, '', { location: '/' })
  const session = signIn.redeem(token)
  if (session === undefined) {
    return text(403, 'This address was used already, or is another one. Run `shoal web` again for a new one.')
  }
  const cookie = `${cookieName(port)}=${session}; Path=/; HttpOnly; SameSite=Strict`
  return text(303, '', { location: '/', 'set-cookie': cookie })
}

const text = (status: number, words: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  kind: 'text',
  status,
  text: `${words}\n`,
  headers,
})
