import type { PublicKey } from '../ids/index.ts'
import type { PublisherRole, RecordOf, Role, RootBody } from '../records/index.ts'

/** True when enough of a role's keys signed. */
export const enough = (signers: ReadonlySet<string>, role: Role): boolean =>
  role.keys.filter((key) => signers.has(key)).length >= role.threshold

/** The publishers' role that covers a channel: an exact pattern before the longest prefix. */
export function publisherRole(root: RecordOf<'root'>, channel: string): PublisherRole | undefined {
  return roleOfChannel(root.body, channel)
}

export function roleOfChannel({ publishers }: RootBody, channel: string): PublisherRole | undefined {
  const covers = (pattern: string): boolean =>
    pattern.endsWith('*') ? channel.startsWith(pattern.slice(0, -1)) : pattern === channel
  const rank = (pattern: string): number => (pattern.endsWith('*') ? pattern.length : Number.MAX_SAFE_INTEGER)
  return publishers.filter((p) => covers(p.channels)).toSorted((a, b) => rank(b.channels) - rank(a.channels))[0]
}

/** Every role of a root, publishers last. */
export const rolesOf = ({ root, enroller, publishers }: RootBody): readonly Role[] => [root, enroller, ...publishers]

/** What is wrong with a root by itself or after the one before it, in words; undefined when nothing is (TRUST-11). */
export function rootFlaw(next: RootBody, before: RootBody | undefined): string | undefined {
  const revoked = new Set(next.revoked)
  if (rolesOf(next).some(({ keys }) => keys.some((key) => revoked.has(key)))) return 'it gives a role to a revoked key'
  if (before?.revoked?.some((key) => !revoked.has(key)) === true) return 'it takes back a revocation'
  const patterns = next.publishers.map(({ channels }) => channels)
  if (new Set(patterns).size < patterns.length) return 'it names publishers of the same channels twice'
  return undefined
}

/**
 * Who may let hosts in, over a chain of roots: the enrollers in force; and, for what they signed in their time, keys that were enrollers
 * once, unless they were revoked (TRUST-12).
 */
export class Enrollers {
  readonly #current: Role
  readonly #retired: readonly Role[]

  /** @param roots every root from version 1 to the one in force; at least one */
  constructor(roots: readonly RootBody[], current: RootBody) {
    this.#current = current.enroller
    const gone = new Set<PublicKey>([...current.enroller.keys, ...(current.revoked ?? [])])
    this.#retired = roots.flatMap(({ enroller: { keys, threshold } }) => {
      const left = keys.filter((key) => !gone.has(key))
      return left.length >= threshold ? [{ keys: left, threshold }] : []
    })
  }

  /** Enough enrollers of today signed. */
  current(signers: ReadonlySet<string>): boolean {
    return enough(signers, this.#current)
  }

  /** Enough enrollers of some time signed, and none of them counts who was revoked. */
  ever(signers: ReadonlySet<string>): boolean {
    return this.current(signers) || this.#retired.some((role) => enough(signers, role))
  }
}

/** Of a chain of roots in their order; undefined of none. */
export function enrollersOf(roots: readonly RecordOf<'root'>[]): Enrollers | undefined {
  const current = roots.at(-1)?.body
  return current === undefined
    ? undefined
    : new Enrollers(
        roots.map(({ body }) => body),
        current,
      )
}
