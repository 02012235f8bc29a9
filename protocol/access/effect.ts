import type { AccessEffect } from '../control/access.ts'
import type { PeerKey } from '../ids/index.ts'
import type { Role, RootBody, ShoalRecord } from '../records/index.ts'
import { enough, type Member, publisherRole, type RootRole, type TrustState } from '../trust/index.ts'

/** What only the running agent knows. */
export interface EffectInput {
  readonly self: PeerKey
  readonly nowMs: number
  /** Members that this node is connected to. */
  readonly connected: ReadonlySet<PeerKey>
}

/**
 * What taking in some records would do: the state as it is, compared with the state as it would be. Pure, and by the same rules that then do
 * it (ACCESS-1).
 */
export function effectOf(before: TrustState, records: readonly ShoalRecord[], input: EffectInput): AccessEffect {
  const after = before.with(records)
  const leaving = missingFrom(before, after)
  const parts = {
    leaving: leaving.map((member) => ({
      host: member.host,
      site: member.site,
      peerId: member.peer,
      connected: input.connected.has(member.peer),
      channels: channelsOf(before, member.peer),
    })),
    joining: missingFrom(after, before).map(({ host, peer }) => ({ host, peerId: peer })),
    invites: openInvites(before, input.nowMs).filter((host) => !openInvites(after, input.nowMs).includes(host)),
    connections: leaving.filter(({ peer }) => input.connected.has(peer)).length,
    roles: roleChanges(before.root?.body, after.root?.body),
    channels: channelChanges(before, after),
  }
  return {
    ...parts,
    warnings: warningsOf(
      parts,
      leaving.some(({ peer }) => peer === input.self),
    ),
  }
}

function missingFrom(here: TrustState, there: TrustState): readonly Member[] {
  return [...here.membership.members()]
    .filter(({ peer }) => there.member(peer) === undefined)
    .toSorted((a, b) => (a.host < b.host ? -1 : 1))
}

function channelsOf(state: TrustState, peer: PeerKey): readonly string[] {
  const status = state.kept(`status/${peer}`)
  return status?.kind === 'status' ? status.body.channels.map(({ channel }) => channel) : []
}

/** Hosts whose tickets could still be used, each once. */
function openInvites(state: TrustState, nowMs: number): readonly string[] {
  const open = [...state.membership.seats()].filter(
    ({ grant, bindings, revocation, replaced }) =>
      bindings.length === 0 &&
      revocation === undefined &&
      !replaced &&
      grant.body.expiresMs >= nowMs &&
      state.enrollers?.current(new Set(grant.signatures.map(({ key }) => key))) === true,
  )
  return [...new Set(open.map(({ grant }) => grant.body.host))].toSorted()
}

interface NamedRole {
  readonly role: RootRole
  readonly channels: string | null
  readonly of: Role
}

const NO_ROLE: Role = { keys: [], threshold: 0 }

/** The roles of a root by name, root and enroller first. */
export const namedRoles = ({ root, enroller, publishers }: RootBody): readonly NamedRole[] => [
  { role: 'root', channels: null, of: root },
  { role: 'enroller', channels: null, of: enroller },
  ...publishers.map((of) => ({ role: 'publisher' as const, channels: of.channels, of })),
]

function roleChanges(before: RootBody | undefined, after: RootBody | undefined): AccessEffect['roles'] {
  if (before === undefined || after === undefined || before === after) return []
  const old = namedRoles(before)
  return namedRoles(after).flatMap(({ role, channels, of }) => {
    const was = old.find((other) => other.role === role && other.channels === channels)?.of ?? NO_ROLE
    const removed = was.keys.filter((key) => !of.keys.includes(key))
    const added = of.keys.filter((key) => !was.keys.includes(key))
    if (removed.length + added.length === 0 && was.threshold === of.threshold) return []
    const { threshold, keys } = of
    return [{ role, channels, removed, added, thresholdBefore: was.threshold, threshold, keys: keys.length }]
  })
}

function channelChanges(before: TrustState, after: TrustState): AccessEffect['channels'] {
  const [old, next] = [before.root, after.root]
  if (old === undefined || next === undefined || old === next) return []
  return [...before.all('head')]
    .flatMap((head) => {
      const role = publisherRole(next, head.key)
      const headStays = after.kept(`head/${head.key}`)?.id === head.id
      if (headStays && sameRole(publisherRole(old, head.key), role)) return []
      const canPublish = role !== undefined && enough(new Set(role.keys), role)
      return [{ channel: head.key, sequence: head.version, headStays, canPublish }]
    })
    .toSorted((a, b) => (a.channel < b.channel ? -1 : 1))
}

const sameRole = (a: Role | undefined, b: Role | undefined): boolean =>
  a?.threshold === b?.threshold && a?.keys.join() === b?.keys.join()

function warningsOf(effect: Omit<AccessEffect, 'warnings'>, self: boolean): readonly string[] {
  const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`
  const { leaving, invites, roles, channels } = effect
  const exact = roles.filter(({ threshold, keys }) => threshold > 1 && threshold === keys)
  return [
    ...(self ? ['this node itself would be no member any more, and could reach nobody'] : []),
    ...(leaving.length > 0
      ? [
          `${count(leaving.length, 'host')} would leave the mesh for good: to come back, each must be invited and joined anew`,
        ]
      : []),
    ...channels.flatMap(({ channel, canPublish }) =>
      canPublish ? [] : [`nobody could publish to ${channel} any more`],
    ),
    ...channels.flatMap(({ channel, sequence, headStays }) =>
      headStays
        ? []
        : [`release ${sequence} of ${channel} would be withdrawn: hosts go back to an earlier one, if one holds`],
    ),
    ...exact.map(({ role, channels: pattern, keys }) => {
      const name = role === 'publisher' ? `publishers of ${pattern}` : role
      return `all ${keys} keys of ${name} would have to sign: one that is lost could not be made good`
    }),
    ...(invites.length > 0 ? [`open invites could not be used any more: ${invites.join(', ')}`] : []),
  ]
}
