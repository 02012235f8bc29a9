import {
  type ChannelName,
  countersignRecord,
  type KeyPair,
  LIMITS,
  missingSignatures,
  parsePeerKey,
  type ProposableKind,
  type PublicKey,
  type RecordOf,
  type RootRole,
  ShoalError,
  type ShoalRecord,
  signersOf,
  signRecord,
} from '../../protocol/index.ts'
import { type AccessInput, keyState, maySign, proposalRows } from '../../protocol/access/index.ts'
import type { ProposalRow } from '../../protocol/control/index.ts'
import type { Core } from '../core.ts'
import type { HandlerDeps } from './types.ts'

/** A root or head that keys of this home signed: in force, or waiting for further signatures. */
export interface Taken {
  readonly done: boolean
  /** What was kept and is to be announced. */
  readonly records: readonly ShoalRecord[]
}

/**
 * Gives this home's voice to a root or a head. With enough signatures it is in force at once; else every key's voice is kept as a proposal.
 * @param instead of another record of the same slot and version that a key has signed: the signature made before stays out in the world
 * @throws KEY_MISSING when none of the keys has a say that it has not given yet, SIGNED_ANOTHER, and what refuses the record
 */
export async function sign(
  core: Core,
  record: RecordOf<ProposableKind>,
  pairs: readonly KeyPair[],
  instead = false,
): Promise<Taken> {
  const { book } = core.mesh
  const root = requireRoot(core)
  const given = book.trust.proposers(record.id)
  const able = pairs.filter(({ publicKey }) => !given.has(publicKey) && maySign(record, publicKey, root))
  if (able.length === 0) {
    throw new ShoalError('KEY_MISSING', `no key of this home may sign this, or all have signed; nothing was changed`)
  }
  if (!instead) for (const { publicKey } of able) checkUnsigned(core, record, publicKey)
  const bare = { ...record, signatures: [] }
  const whole = await countersignRecord(bare, able)
  if (missingSignatures(record, signersOf(whole), root).length === 0) {
    await core.keep(whole)
    return { done: true, records: [whole] }
  }
  const voices: ShoalRecord[] = []
  for (const pair of able) {
    const slot = `${record.kind}/${record.key}.${pair.publicKey}`
    const atMs = core.init.clock.now()
    const body = { record: (await countersignRecord(bare, [pair])).bytes, atMs }
    const version = Math.max(atMs, (book.get(`proposal/${slot}`)?.version ?? 0) + 1)
    const init = { mesh: record.mesh, kind: 'proposal', key: slot, version, body } as const
    const voice = await signRecord(init, [pair])
    await core.keep(voice)
    voices.push(voice)
  }
  const kept = book.get(`${record.kind}/${record.key}`)
  return kept?.id === record.id ? { done: true, records: [...voices, kept] } : { done: false, records: voices }
}

/** Two records of one slot and version with enough signatures would divide the mesh, so no key signs both (TRUST-20). */
function checkUnsigned(core: Core, record: RecordOf<ProposableKind>, key: PublicKey): void {
  const { trust } = core.mesh.book
  const other = trust.proposals().find(({ record: { kind, key: slot, version, id, signatures } }) => {
    const same = kind === record.kind && slot === record.key && version === record.version && id !== record.id
    return same && signatures.some((signature) => signature.key === key)
  })
  if (other === undefined) return
  const what = record.kind === 'root' ? `root ${record.version}` : `release ${record.version} of ${record.key}`
  throw new ShoalError(
    'SIGNED_ANOTHER',
    `a key of this home has signed another ${what} (${other.record.id.slice(0, 16)}), and both could take effect in different places; nothing was signed`,
  )
}

/** @throws ROOT_UNTRUSTED */
export function requireRoot(core: Core): RecordOf<'root'> {
  const { root } = core.mesh.book
  if (root === undefined) throw new ShoalError('ROOT_UNTRUSTED', 'no root of this mesh is known here')
  return root
}

/** Keys of this home that are in a role now; at least one. @throws KEYS_LOCKED, KEY_MISSING */
export async function activeKeys(
  core: Core,
  role: Exclude<RootRole, 'publisher'>,
): Promise<readonly [KeyPair, ...KeyPair[]]> {
  const { keys } = requireRoot(core).body[role]
  const [first, ...more] = (await core.keyring.signers(role)).filter(({ publicKey }) => keys.includes(publicKey))
  if (first !== undefined) return [first, ...more]
  throw new ShoalError(
    'KEY_MISSING',
    `this home has no ${role} key of this mesh; nothing was changed. Do it from a home that has one (shoal keys list)`,
  )
}

/** What documents of keys and access are made from. */
export async function accessInput({ core, live }: Pick<HandlerDeps, 'core' | 'live'>): Promise<AccessInput> {
  const { book, peer } = core.mesh
  const { state, leftMs } = await core.keyring.state()
  const nowMs = core.init.clock.now()
  return {
    state: book.trust,
    root: requireRoot(core),
    self: peer,
    nowMs,
    connected: new Set(live.connected().map(({ peerId }) => parsePeerKey(peerId))),
    ownKeys: (await core.keyring.list()).map(({ role, publicKey }) => ({ role, key: publicKey })),
    lock: { state, locksAt: leftMs === undefined ? null : new Date(nowMs + leftMs).toISOString() },
  }
}

/** The row of one proposed record; null once it is in force or gone. */
export async function proposalRow(deps: Pick<HandlerDeps, 'core' | 'live'>, id: string): Promise<ProposalRow | null> {
  return proposalRows(await accessInput(deps)).find((row) => row.id === id) ?? null
}

export async function announceAll({ live }: Pick<HandlerDeps, 'live'>, records: readonly ShoalRecord[]): Promise<void> {
  for (const record of records) await live.announce(record)
}

/** Private halves of keys that have left their role are of no use to anybody but a thief (KEYS-7). */
export async function dropRetired(core: Core): Promise<void> {
  const { trust } = core.mesh.book
  const root = requireRoot(core)
  for (const { role, publicKey } of await core.keyring.list()) {
    const state = keyState(trust, root.body, { role, key: publicKey })
    if (state === 'retired' || state === 'revoked') await core.keyring.remove(publicKey)
  }
}

/** The highest sequence of a channel that anybody has signed or proposed; 0 for none. */
export function lastSequence(core: Core, channel: ChannelName): number {
  const { trust } = core.mesh.book
  const current = core.mesh.book.head(channel)?.version ?? 0
  const proposed = trust.proposals().filter(({ record }) => record.kind === 'head' && record.key === channel)
  const near = proposed.map(({ record }) => record.version).filter((version) => version < current + LIMITS.sequenceGap)
  return Math.max(current, ...near)
}
