import type { AccessDocument, KeyLock, OwnKeyRow, ProposalRow } from '../control/access.ts'
import { toManifestText } from '../ids/index.ts'
import { peerKeyOf, type RecordOf, type Rollout, type RootBody } from '../records/index.ts'
import { missingSignatures, type Proposed, publisherRole, type Seat, type TrustState } from '../trust/index.ts'
import { type EffectInput, namedRoles } from './effect.ts'

/** A key whose private half is in this home. */
export interface OwnKey {
  readonly key: string
  readonly role: OwnKeyRow['role']
}

export interface AccessInput extends EffectInput {
  readonly state: TrustState
  readonly root: RecordOf<'root'>
  readonly ownKeys: readonly OwnKey[]
  readonly lock: KeyLock
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** The document of keys and access, from records alone and what the home knows of its own keys. Pure (ACCESS-2). */
export function buildAccess(input: AccessInput): AccessDocument {
  const { state, root, self, lock, ownKeys } = input
  const me = state.member(self)
  const seats = [...state.membership.seats()].toSorted((a, b) => compare(a.grant.body.host, b.grant.body.host))
  const mine = new Set(ownKeys.map(({ key }) => key))
  return {
    mesh: {
      id: state.mesh,
      name: root.body.name,
      rootFingerprint: toManifestText(state.rootFingerprint),
      rootVersion: root.version,
      expires: iso(root.body.expiresMs),
      revokedKeys: root.body.revoked ?? [],
    },
    me: {
      peerId: self,
      host: me?.host ?? null,
      site: me?.site ?? null,
      keys: ownKeys.map((own) => ({ ...own, state: keyState(state, root.body, own) })),
      lock,
    },
    roles: namedRoles(root.body).map(({ role, channels, of }) => ({
      role,
      channels,
      threshold: of.threshold,
      keys: of.keys.map((key) => ({ key, holder: holderOf(root.body, key), mine: mine.has(key) })),
    })),
    pending: seats.filter(isOpen).map(({ grant }) => ({
      grant: grant.key,
      host: grant.body.host,
      site: grant.body.site,
      labels: grant.body.labels,
      issuedAt: iso(grant.body.issuedAtMs),
      expires: iso(grant.body.expiresMs),
      expired: grant.body.expiresMs < input.nowMs,
    })),
    members: membersOf(input, seats),
    quarantined: seats
      .filter(({ bindings, revocation, replaced }) => bindings.length > 1 && revocation === undefined && !replaced)
      .map(({ grant, bindings }) => ({
        grant: grant.key,
        host: grant.body.host,
        site: grant.body.site,
        claims: bindings.map(({ body }) => ({ peerId: peerKeyOf(body.hostKey), joinedAt: iso(body.boundAtMs) })),
      })),
    revoked: revokedOf(seats),
    proposals: proposalRows(input),
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const isOpen = ({ bindings, revocation, replaced }: Seat): boolean =>
  bindings.length === 0 && revocation === undefined && !replaced

const holderOf = ({ holders }: RootBody, key: string): string | null =>
  holders?.find((holder) => holder.key === key)?.name ?? null

function membersOf({ state, connected, self }: AccessInput, seats: readonly Seat[]): AccessDocument['members'] {
  return seats.flatMap(({ grant, bindings, revocation, replaced }) => {
    const [binding, ...others] = bindings
    if (binding === undefined || others.length > 0 || revocation !== undefined || replaced) return []
    const member = state.member(peerKeyOf(binding.body.hostKey))
    if (member === undefined) return []
    const { host, site, labels, peer } = member
    const joinedAt = iso(binding.body.boundAtMs)
    return [
      {
        host,
        site,
        labels,
        peerId: peer,
        grant: grant.key,
        joinedAt,
        connected: connected.has(peer),
        self: peer === self,
      },
    ]
  })
}

const revokedOf = (seats: readonly Seat[]): AccessDocument['revoked'] =>
  seats.flatMap(({ grant, bindings, revocation }) =>
    revocation === undefined
      ? []
      : [
          {
            grant: grant.key,
            host: grant.body.host,
            peerIds: bindings.map(({ body }) => peerKeyOf(body.hostKey)),
            revokedAt: iso(revocation.body.atMs),
            reason: revocation.body.reason,
            signers: revocation.signatures.map(({ key }) => key),
          },
        ],
  )

/** Where a key of this home stands. */
export function keyState(state: TrustState, root: RootBody, { key, role }: OwnKey): OwnKeyRow['state'] {
  const has = (body: RootBody): boolean =>
    namedRoles(body).some((named) => named.role === role && named.of.keys.some((other) => other === key))
  if (root.revoked?.some((revoked) => revoked === key) === true) return 'revoked'
  if (has(root)) return 'active'
  return [...state.all('root')].some(({ body }) => has(body)) ? 'retired' : 'waiting'
}

/** Every step that waits for signatures, the oldest first. */
export function proposalRows(input: AccessInput): readonly ProposalRow[] {
  const byId = Map.groupBy(input.state.proposals(), ({ record }) => record.id)
  return [...byId.values()]
    .flatMap((voices) => {
      const row = proposalRow(input, voices)
      return row === undefined ? [] : [row]
    })
    .toSorted((a, b) => compare(a.proposedAt, b.proposedAt))
}

function proposalRow({ root, ownKeys, state }: AccessInput, voices: readonly Proposed[]): ProposalRow | undefined {
  const record = voices[0]?.record
  if (record === undefined) return undefined
  const holders = record.kind === 'root' ? record.body : root.body
  const signers = new Set<string>(voices.flatMap((voice) => voice.record.signatures.map(({ key }) => key)))
  const mine = new Set(ownKeys.map(({ key }) => key))
  const own = [...mine].filter((key) => maySign(record, key, root))
  const proposedAtMs = Math.min(...voices.map(({ proposal }) => proposal.body.atMs))
  return {
    id: record.id,
    kind: record.kind,
    version: record.version,
    channel: record.kind === 'head' ? record.key : null,
    summary: record.kind === 'root' ? rootSummary(root.body, record.body) : headSummary(state, record),
    proposedAt: iso(proposedAtMs),
    signed: voices
      .flatMap(({ proposal, record: { signatures } }) =>
        signatures.map(({ key }) => ({
          key,
          holder: holderOf(holders, key),
          mine: mine.has(key),
          at: iso(proposal.body.atMs),
        })),
      )
      .toSorted((a, b) => compare(a.at, b.at)),
    missing: missingSignatures(record, signers, root),
    canApprove: own.some((key) => !signers.has(key)),
    completes: missingSignatures(record, new Set([...signers, ...own]), root).length === 0,
    release:
      record.kind === 'head'
        ? {
            manifest: toManifestText(record.body.manifest),
            entries: record.body.entries,
            bytes: record.body.treeBytes,
            message: record.body.message,
            expires: iso(record.body.expiresMs),
            atOnce: record.body.rollout === undefined,
          }
        : null,
  }
}

/** A key that has a say in a proposed record. */
export function maySign(record: RecordOf<'root' | 'head'>, key: string, root: RecordOf<'root'>): boolean {
  const roles =
    record.kind === 'root'
      ? [root.body.root, record.body.root]
      : [publisherRole(root, record.key)].filter((r) => r !== undefined)
  return roles.some(({ keys }) => keys.some((other) => other === key))
}

function headSummary(state: TrustState, { key, version, body }: RecordOf<'head'>): readonly string[] {
  const current = state.kept(`head/${key}`)?.version ?? 0
  return [
    `release ${version} of ${key}, after ${current === 0 ? 'none' : current}`,
    ...(body.message === '' ? [] : [body.message]),
    body.rollout === undefined ? 'to every host at once' : `in waves: ${wavesInWords(body.rollout)}`,
  ]
}

/** `5% (3 hosts), then all others`. */
function wavesInWords({ waves }: Rollout): string {
  const named = waves.map(({ select, hosts }) => `${select} (${hosts} ${hosts === 1 ? 'host' : 'hosts'})`)
  return [...named, ...(waves.at(-1)?.select === 'all' ? [] : ['all others'])].join(', then ')
}

/** What changes from one root to the next, a line each. */
function rootSummary(before: RootBody, after: RootBody): readonly string[] {
  const old = namedRoles(before)
  const names = (keys: readonly string[]): string =>
    keys.map((key) => holderOf(after, key) ?? holderOf(before, key) ?? key.slice(0, 16)).join(', ')
  const roles = namedRoles(after).flatMap(({ role, channels, of }) => {
    const was = old.find((other) => other.role === role && other.channels === channels)?.of
    const name = role === 'publisher' ? `publishers of ${channels}` : role
    const added = of.keys.filter((key) => was?.keys.includes(key) !== true)
    const removed = (was?.keys ?? []).filter((key) => !of.keys.includes(key))
    return [
      ...(added.length > 0 ? [`${name}: ${names(added)} added`] : []),
      ...(removed.length > 0 ? [`${name}: ${names(removed)} removed`] : []),
      ...(was !== undefined && was.threshold === of.threshold
        ? []
        : [`${name}: ${of.threshold} of ${of.keys.length} must sign`]),
    ]
  })
  const revoked = (after.revoked ?? []).filter((key) => before.revoked?.includes(key) !== true)
  const pins = (after.heads ?? []).filter((pin) => before.heads?.some(({ head }) => head === pin.head) !== true)
  return [
    ...roles,
    ...(revoked.length > 0 ? [`revoked for ever: ${names(revoked)}`] : []),
    ...pins.map(({ channel, sequence }) => `${channel}: release ${sequence} stays valid`),
    ...(after.expiresMs === before.expiresMs ? [] : [`valid until ${iso(after.expiresMs)}`]),
  ]
}
