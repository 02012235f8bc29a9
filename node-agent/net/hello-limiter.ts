import { LIMITS } from '../../protocol/index.ts'

const MINUTE_MS = 60_000

/** Tokens left of one remote address. */
interface Bucket {
  tokens: number
  atMs: number
}

/** Limits how often strangers of one address may try to enrol (NET-6). Remembers a bounded number of addresses. */
export class HelloLimiter {
  readonly #now: () => number
  readonly #buckets = new Map<string, Bucket>()

  constructor(now: () => number) {
    this.#now = now
  }

  /** Takes one attempt of an address; false when it has none left. */
  take(address: string): boolean {
    const nowMs = this.#now()
    const known = this.#buckets.get(address)
    const refilled =
      known === undefined
        ? LIMITS.helloPerMinute
        : known.tokens + ((nowMs - known.atMs) / MINUTE_MS) * LIMITS.helloPerMinute
    const tokens = Math.min(LIMITS.helloPerMinute, refilled)
    // Re-inserted, so that the map's order is by last use and the first is the one to forget.
    this.#buckets.delete(address)
    this.#buckets.set(address, { tokens: tokens < 1 ? tokens : tokens - 1, atMs: nowMs })
    const oldest = this.#buckets.size > LIMITS.helloAddresses ? this.#buckets.keys().next().value : undefined
    if (oldest !== undefined) this.#buckets.delete(oldest)
    return tokens >= 1
  }
}

/** What one remote party can hardly have many of: an IPv4 address, an IPv6 /64, else the whole address. */
export function limitedAddress(address: string): string {
  const [, protocol, host] = address.split('/')
  if (protocol === 'ip4' && host !== undefined) return host
  if (protocol === 'ip6' && host !== undefined) return ip6Prefix(host)
  return address
}

function ip6Prefix(host: string): string {
  const [head = '', tail] = host.split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const middle =
    tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - before.length - after.length) }, () => '0')
  return [...before, ...middle, ...after].slice(0, 4).join(':')
}
