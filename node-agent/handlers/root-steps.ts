import {
  createKeyPair,
  decodeRecord,
  decodeStep,
  encodeStep,
  type KeyPair,
  nextRoot,
  parseChannelName,
  type RecordOf,
  type RootChange,
  type RootRole,
  ShoalError,
  type ShoalRecord,
  signRecord,
} from '../../protocol/index.ts'
import { effectOf, keyState, namedRoles } from '../../protocol/access/index.ts'
import type { ControlHandlers, RootStepResult } from '../../protocol/control/index.ts'
import type { Core } from '../core.ts'
import { vouchAgain } from './membership.ts'
import { findProposal } from './proposals.ts'
import { accessInput, announceAll, dropRetired, proposalRow, requireRoot, sign } from './signing.ts'
import type { HandlerDeps } from './types.ts'

type RootHandlers = Pick<
  ControlHandlers,
  'keyMake' | 'keyRotate' | 'keyRevoke' | 'rootPropose' | 'rootProposalExport' | 'rootProposalImport'
>

/** Changing who may do what, one root after another. */
export function rootHandlers(deps: HandlerDeps): RootHandlers {
  const { core } = deps
  return {
    keyMake: async ({ role }) => {
      requireRoot(core)
      const pair = await createKeyPair()
      await core.keyring.add(role, pair)
      return { key: pair.publicKey, role, state: 'waiting' }
    },

    keyRotate: async ({ key, dryRun }) => {
      const own = await ownKey(core, key)
      const pair = await createKeyPair()
      const root = requireRoot(core)
      const places = namedRoles(root.body).filter((named) => named.of.keys.some((other) => other === own.key))
      const holder = root.body.holders?.find((known) => known.key === own.key)?.name ?? null
      const changes = places.flatMap(({ role, channels }): RootChange[] => [
        { change: 'add', role, channels, key: pair.publicKey, holder },
        { change: 'remove', role, channels, key: own.key },
      ])
      if (dryRun) return step(deps, changes, true)
      await core.keyring.add(own.role, pair)
      try {
        return { ...(await step(deps, changes, false)), made: pair.publicKey }
      } catch (err) {
        await core.keyring.remove(pair.publicKey)
        throw err
      }
    },

    keyRevoke: async ({ key, dryRun }) => {
      const named = await keyInRoles(core, key)
      return step(deps, [{ change: 'revoke', key: named }], dryRun)
    },

    rootPropose: async ({ changes, instead, dryRun }) => step(deps, changes, dryRun, instead),

    rootProposalExport: async ({ id }) => {
      const { trust } = core.mesh.book
      const { record } = findProposal(core, id)
      if (record.kind !== 'root')
        throw new ShoalError('NO_SUCH_PROPOSAL', `${id} is no root step; only those are exported`)
      return {
        text: await encodeStep(
          rootsOf(core),
          trust.proposals(record.id).map(({ proposal }) => proposal),
        ),
      }
    },

    rootProposalImport: async ({ text }) => {
      const { roots, proposals } = await decodeStep(text)
      const learned: ShoalRecord[] = []
      const early: Uint8Array[] = []
      for (const bytes of [...roots, ...proposals]) {
        const result = await core.mesh.book.offer(bytes)
        if (result.outcome === 'rejected') throw result.error
        if (result.outcome === 'unjudged') early.push(bytes)
        if (result.outcome === 'new') learned.push(result.record)
      }
      // A new key's voice counts once a holder of today has spoken.
      for (const bytes of early) {
        const result = await core.mesh.book.offer(bytes)
        if (result.outcome === 'rejected' || result.outcome === 'unjudged') throw result.error
        if (result.outcome === 'new') learned.push(result.record)
      }
      const current = requireRoot(core)
      await announceAll(deps, learned.includes(current) ? learned : [...learned, current])
      await dropRetired(core)
      const ids = new Set((await Promise.all(proposals.map((bytes) => decodeRecord(bytes)))).map(({ id }) => id))
      const waiting = core.mesh.book.trust.proposals().find(({ proposal }) => ids.has(proposal.id))
      return {
        rootVersion: current.version,
        proposal: waiting === undefined ? null : await proposalRow(deps, waiting.record.id),
      }
    },
  }
}

const rootsOf = (core: Core): readonly RecordOf<'root'>[] =>
  [...core.mesh.book.all('root')].toSorted((a, b) => a.version - b.version)

/** A key of this home that is in its role now, by role or by its digits. @throws NO_SUCH_KEY */
async function ownKey(core: Core, name: string): Promise<{ readonly role: RootRole; readonly key: string }> {
  const { trust } = core.mesh.book
  const root = requireRoot(core)
  const own = (await core.keyring.list()).map(({ role, publicKey }) => ({ role, key: publicKey }))
  const found = own.filter((k) => (k.role === name || k.key === name) && keyState(trust, root.body, k) === 'active')
  const [first, ...others] = found
  if (first === undefined) {
    throw new ShoalError(
      'NO_SUCH_KEY',
      `this home has no key ${name} that is in use; shoal keys list shows those it has`,
    )
  }
  if (others.length > 0)
    throw new ShoalError('NO_SUCH_KEY', `this home has several ${name} keys; name the one by its digits`)
  return first
}

/** A key that some role has, or had: by its digits, or by the role in which this home has one. @throws NO_SUCH_KEY */
async function keyInRoles(core: Core, name: string): Promise<string> {
  if (!/^[0-9a-f]{64}$/.test(name)) return (await ownKey(core, name)).key
  const known = rootsOf(core).some(({ body }) => namedRoles(body).some(({ of }) => of.keys.some((key) => key === name)))
  if (!known) throw new ShoalError('NO_SUCH_KEY', `${name} is, and was, in no role of this mesh; nothing was changed`)
  return name
}

/**
 * Signs the root that some changes make, as far as this home can; it is in force at once, or proposed.
 * @throws ROOT_STEP_INVALID, KEY_MISSING, KEYS_LOCKED, SIGNED_ANOTHER
 */
async function step(
  deps: HandlerDeps,
  changes: readonly RootChange[],
  dryRun: boolean,
  instead = false,
): Promise<RootStepResult> {
  const { core } = deps
  const { book } = core.mesh
  const root = requireRoot(core)
  const body = nextRoot(root, changes, await stepInput(core, changes))
  const version = root.version + 1
  const record = await signRecord({ mesh: root.mesh, kind: 'root', key: String(version), version, body }, [])
  const losing = new Set<string>((body.revoked ?? []).filter((key) => root.body.revoked?.includes(key) !== true))
  const vouchers = await vouchersFor(core, record, dryRun, losing)
  const again = vouchers === undefined ? [] : await vouchAgain(core, losing, vouchers)
  // The new root takes the grants and their bindings; what is vouched for brings both back.
  const grants = new Set(again.flatMap((vouched) => (vouched.kind === 'grant' ? [vouched.key] : [])))
  const bindings = [...book.all('binding')].filter((binding) => grants.has(binding.body.grant))
  const effect = effectOf(book.trust, [record, ...again, ...bindings], await accessInput(deps))
  const result = { rootVersion: version, proposal: null, effect, made: null }
  if (dryRun) return { ...result, done: false }
  const pairs = await core.keyring.signers('root')
  if (!pairs.some(({ publicKey }) => root.body.root.keys.includes(publicKey))) {
    throw new ShoalError(
      'KEY_MISSING',
      'this home has no root key of this mesh; nothing was changed. Do it from a home that has one (shoal keys list)',
    )
  }
  for (const vouched of again) await core.keep(vouched)
  await announceAll(deps, again)
  const taken = await sign(core, record, pairs, instead)
  await announceAll(deps, taken.records)
  if (taken.done) await dropRetired(core)
  return { ...result, done: taken.done, proposal: taken.done ? null : await proposalRow(deps, record.id) }
}

/** Enrollers of this home that stay, to vouch for what a revoked one signed; none of them for a dry run, undefined where there is none. */
async function vouchersFor(
  core: Core,
  next: RecordOf<'root'>,
  dryRun: boolean,
  losing: ReadonlySet<string>,
): Promise<readonly KeyPair[] | undefined> {
  if (losing.size === 0) return undefined
  const current = requireRoot(core).body.enroller.keys
  const stays = (key: string): boolean =>
    [current, next.body.enroller.keys].every((keys) => keys.some((other) => other === key))
  const own = (await core.keyring.list()).filter(({ role, publicKey }) => role === 'enroller' && stays(publicKey))
  if (own.length === 0) return undefined
  return dryRun ? [] : (await core.keyring.signers('enroller')).filter(({ publicKey }) => stays(publicKey))
}

async function stepInput(core: Core, changes: readonly RootChange[]) {
  const { book } = core.mesh
  const named = changes.flatMap((change) => (change.change === 'head' ? [parseChannelName(change.channel)] : []))
  const pasts = new Map<string, readonly RecordOf<'head'>[]>()
  for (const channel of named) pasts.set(channel, await book.heads(channel))
  return {
    nowMs: core.init.clock.now(),
    heads: [...book.all('head')],
    past: (channel: string, sequence: number) => pasts.get(channel)?.find(({ version }) => version === sequence),
  }
}
