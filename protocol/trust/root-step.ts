import { ShoalError } from '../errors/index.ts'
import { parseChannelName, parsePublicKey, type PublicKey } from '../ids/index.ts'
import type { HeadPin, PublisherRole, RecordOf, Role, RootBody } from '../records/index.ts'
import { headHolds } from './judge.ts'
import { rolesOf, rootFlaw } from './roles.ts'

export type RootRole = 'root' | 'enroller' | 'publisher'

/** Names one role: `channels` is the pattern of publishers, null for the other two. */
interface RoleName {
  readonly role: RootRole
  readonly channels: string | null
}

/** One change of the root. Keys are 64 hex digits. */
export type RootChange =
  | (RoleName & { readonly change: 'add'; readonly key: string; readonly holder: string | null })
  | (RoleName & { readonly change: 'remove'; readonly key: string })
  | (RoleName & { readonly change: 'threshold'; readonly threshold: number })
  /** Out of every role, for ever. */
  | { readonly change: 'revoke'; readonly key: string }
  /** From now until the root ends, milliseconds. */
  | { readonly change: 'expiry'; readonly lifetimeMs: number }
  /** Release that stays a channel's head when its publishers change; null for none. Without it, the head that it has. */
  | { readonly change: 'head'; readonly channel: string; readonly sequence: number | null }

/** What a step is made from beside the root in force. */
export interface StepInput {
  readonly nowMs: number
  /** The head of every channel. */
  readonly heads: readonly RecordOf<'head'>[]
  /** A release of a channel's past. */
  past(channel: string, sequence: number): RecordOf<'head'> | undefined
}

const invalid = (message: string): ShoalError => new ShoalError('ROOT_STEP_INVALID', `${message}; nothing was changed`)

const nameOf = ({ role, channels }: RoleName): string =>
  role === 'publisher' ? `publishers of ${channels}` : `${role} keys`

/**
 * The body of the root that follows `root`. Pure: what it takes to sign it is not asked here.
 * @throws ROOT_STEP_INVALID when a role would be left without enough keys, or a change makes no sense; NOT_BUILT_YET
 */
export function nextRoot(root: RecordOf<'root'>, changes: readonly RootChange[], input: StepInput): RootBody {
  let body = root.body
  for (const change of changes) body = applyChange(body, change, input)
  const all = rolesOf(body)
  const names = ['root keys', 'enroller keys', ...body.publishers.map(({ channels }) => `publishers of ${channels}`)]
  all.forEach(({ keys, threshold }, i) => {
    if (keys.length >= threshold) return
    const what = `the ${names[i]} would be ${keys.length}, and ${threshold} must sign`
    throw invalid(
      `${what}: give the role another key, or a lower threshold, in the same step (keys rotate puts a new key in the place of one)`,
    )
  })
  if (body.enroller.threshold > 1) {
    throw new ShoalError('NOT_BUILT_YET', 'enrollers with a threshold above one are not built yet; nothing was changed')
  }
  const flaw = rootFlaw(body, root.body)
  if (flaw !== undefined) throw invalid(`the root cannot be so: ${flaw}`)
  const heads = pinsFor({ ...body, heads: undefined }, root, changes, input)
  const { heads: _before, ...rest } = body
  return heads.length === 0 ? rest : { ...rest, heads }
}

function applyChange(body: RootBody, change: RootChange, { nowMs }: StepInput): RootBody {
  switch (change.change) {
    case 'expiry':
      return { ...body, expiresMs: nowMs + change.lifetimeMs }
    case 'head':
      return body
    case 'revoke':
      return revoke(body, parsePublicKey(change.key))
    case 'threshold':
      return withRole(body, change, (role) => ({ ...role, threshold: change.threshold }))
    case 'remove':
      return withRole(body, change, (role) => {
        if (!role.keys.some((key) => key === change.key))
          throw invalid(`${change.key} is none of the ${nameOf(change)}`)
        return { ...role, keys: role.keys.filter((key) => key !== change.key) }
      })
    case 'add':
      return add(body, change)
  }
}

function add(body: RootBody, change: Extract<RootChange, { change: 'add' }>): RootBody {
  const key = parsePublicKey(change.key)
  const { channels, holder } = change
  const added = withRole(
    change.role === 'publisher' && channels !== null && !body.publishers.some((role) => role.channels === channels)
      ? { ...body, publishers: [...body.publishers, { keys: [], threshold: 1, channels }] }
      : body,
    change,
    (role) => {
      if (role.keys.includes(key)) throw invalid(`${key} is one of the ${nameOf(change)} already`)
      return { ...role, keys: [...role.keys, key] }
    },
  )
  const others = (body.holders ?? []).filter((known) => known.key !== key)
  return holder === null ? added : { ...added, holders: [...others, { key, name: holder }] }
}

function revoke(body: RootBody, key: PublicKey): RootBody {
  if (body.revoked?.includes(key) === true) throw invalid(`${key} is revoked already`)
  const without = <R extends Role>(role: R): R => ({ ...role, keys: role.keys.filter((other) => other !== key) })
  return {
    ...body,
    root: without(body.root),
    enroller: without(body.enroller),
    publishers: body.publishers.map(without),
    revoked: [...(body.revoked ?? []), key],
  }
}

function withRole(body: RootBody, name: RoleName, edit: (role: Role) => Role): RootBody {
  if ((name.role === 'publisher') !== (name.channels !== null)) {
    throw invalid('publishers are named with their channels, the other roles without')
  }
  if (name.role !== 'publisher') return { ...body, [name.role]: edit(body[name.role]) }
  if (!body.publishers.some(({ channels }) => channels === name.channels)) {
    throw invalid(`there is no role for ${nameOf(name)}`)
  }
  const publishers = body.publishers.map((role): PublisherRole =>
    role.channels === name.channels ? { ...edit(role), channels: role.channels } : role,
  )
  return { ...body, publishers }
}

/** Heads that would not hold by their signatures any more, and stay all the same (TRUST-17). */
function pinsFor(
  body: RootBody,
  root: RecordOf<'root'>,
  changes: readonly RootChange[],
  { heads, past }: StepInput,
): readonly HeadPin[] {
  const chosen = new Map(changes.flatMap((c) => (c.change === 'head' ? [[c.channel, c.sequence] as const] : [])))
  const next = { ...root, body }
  const known = new Set<string>(heads.map(({ key }) => key))
  const pins: HeadPin[] = (root.body.heads ?? []).filter(({ channel }) => !known.has(channel) && !chosen.has(channel))
  for (const current of heads) {
    const sequence = chosen.get(current.key)
    const head = sequence === undefined ? current : sequence === null ? undefined : past(current.key, sequence)
    if (sequence !== undefined && sequence !== null && head === undefined) {
      throw invalid(`no release ${sequence} of channel ${current.key} is known here`)
    }
    if (head === undefined || headHolds(head, next)) continue
    pins.push({ channel: parseChannelName(head.key), sequence: head.version, head: head.id })
  }
  for (const channel of chosen.keys())
    if (!known.has(channel)) throw invalid(`no release of channel ${channel} is known here`)
  return pins
}
