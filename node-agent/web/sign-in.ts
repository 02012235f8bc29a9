import { createHash, timingSafeEqual } from 'node:crypto'
import { WEB_LIMITS } from './limits.ts'

export interface SignInDeps {
  /** So many random bytes. */
  readonly random: (bytes: number) => Uint8Array
}

/** One token that can be used once, and the session that it begins. Only hashes are compared, in constant time. */
export class SignIn {
  /** Part of the URL that is printed. */
  readonly token: string
  readonly #session: string
  #used = false

  constructor({ random }: SignInDeps) {
    this.token = base64url(random(WEB_LIMITS.secretBytes))
    this.#session = base64url(random(WEB_LIMITS.secretBytes))
  }

  /** The session's secret for the right token, the first time; undefined otherwise. */
  redeem(token: string): string | undefined {
    if (this.#used || !isSame(token, this.token)) return undefined
    this.#used = true
    return this.#session
  }

  /** Whether a cookie's value is the session's. */
  knows(session: string | undefined): boolean {
    return this.#used && session !== undefined && isSame(session, this.#session)
  }
}

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
const isSame = (a: string, b: string): boolean => timingSafeEqual(digest(a), digest(b))
