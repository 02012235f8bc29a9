import { type ErrorCode, ShoalError } from '../errors/index.ts'
import type { Digest, MeshId, PublicKey } from '../ids/index.ts'
import { peerKeyOf, type RecordOf, type ShoalRecord, slotOf } from '../records/index.ts'
import { LIMITS } from '../wire/limits.ts'
import { type Proposed, signerOf } from './proposed.ts'
import { type Enrollers, enough, publisherRole, rootFlaw } from './roles.ts'

/** What a judgement may look at: the trusted root and the records kept so far. */
export interface TrustView {
  readonly mesh: MeshId
  /** Id of root version 1, from the ticket: the one thing that is believed without proof. */
  readonly rootFingerprint: Digest
  readonly root: RecordOf<'root'> | undefined
  /** Of the whole chain of roots; undefined without a root. */
  readonly enrollers: Enrollers | undefined
  grant(key: string): RecordOf<'grant'> | undefined
  /** Keys of hosts with a binding that no quarantine and no revocation holds. */
  isHostKey(key: PublicKey): boolean
  /** The kept record of a slot, to compare versions with. */
  kept(slot: string): ShoalRecord | undefined
  /** Keys whose proposals of a record are kept. */
  proposers(id: Digest): ReadonlySet<PublicKey>
}

/**
 * - `trusted`: keep it. - `unjudged`: what would vouch for it is not here yet. - `refused`: it does not prove what it says.
 */
export type Verdict =
  | { readonly verdict: 'trusted' }
  | { readonly verdict: 'unjudged'; readonly error: ShoalError }
  | { readonly verdict: 'refused'; readonly error: ShoalError }

const trusted: Verdict = { verdict: 'trusted' }
const refused = (code: ErrorCode, message: string): Verdict => ({
  verdict: 'refused',
  error: new ShoalError(code, message),
})
const unjudged = (code: ErrorCode, message: string): Verdict => ({
  verdict: 'unjudged',
  error: new ShoalError(code, message),
})

/** What a judgement is told beside the record. */
export interface JudgeOptions {
  readonly nowMs: number
  /** The host presents this binding itself, so the grant must still be open (TRUST-6). */
  readonly introducing: boolean
  /** What a proposal proposes, opened; needed for proposals only. */
  readonly proposed?: Proposed
}

/** Keys that signed a record whose signatures have been verified. */
export const signersOf = ({ signatures }: ShoalRecord): ReadonlySet<string> => new Set(signatures.map(({ key }) => key))

/**
 * Decides whether a record whose signatures verify (`signers`) may be kept. Pure. The rules are docs/spec/trust.md.
 * Does not compare versions: that is the merge rule's work.
 */
export function judgeRecord(
  record: ShoalRecord,
  signers: ReadonlySet<string>,
  view: TrustView,
  options: JudgeOptions,
): Verdict {
  if (record.mesh !== view.mesh) return refused('RECORD_WRONG_MESH', `${slotOf(record)} belongs to another mesh`)
  if (record.kind === 'root') return judgeRoot(record, signers, view)
  if (view.root === undefined || view.enrollers === undefined)
    return unjudged('ROOT_UNTRUSTED', 'no trusted root is known yet')
  switch (record.kind) {
    case 'grant':
    case 'revocation':
      return view.enrollers.ever(signers)
        ? trusted
        : refused(
            'RECORD_SIGNER_NOT_TRUSTED',
            `the ${record.kind} for ${record.body.host} is not signed by an enroller of this mesh`,
          )
    case 'binding':
      return judgeBinding(record, signers, view, view.enrollers, options)
    case 'head':
      return judgeHead(record, signers, view.root, options)
    case 'control':
    case 'retry':
      return judgeControl(record, signers, view.root, options)
    case 'proposal':
      return judgeProposal(record, signers, view, view.root, options.proposed)
    case 'status':
      return judgeStatus(record, signers, view)
  }
}

function judgeRoot(record: RecordOf<'root'>, signers: ReadonlySet<string>, view: TrustView): Verdict {
  if (record.key !== String(record.version)) return refused('RECORD_MALFORMED', 'a root is keyed by its version')
  const flaw = rootFlaw(record.body, view.root?.body)
  if (record.version === 1) {
    if (record.id !== view.rootFingerprint)
      return refused('ROOT_UNTRUSTED', 'root 1 is not the one this mesh began with')
    return enough(signers, record.body.root) ? trusted : refused('RECORD_SIGNER_NOT_TRUSTED', 'root 1 lacks signatures')
  }
  const current = view.root?.version ?? 0
  if (record.version <= current)
    return refused('RECORD_EQUIVOCATION', `another root ${record.version} is trusted already`)
  if (record.version > current + 1) return unjudged('ROOT_UNTRUSTED', `root ${current + 1} is not known yet`)
  if (flaw !== undefined) return refused('ROOT_UNTRUSTED', `root ${record.version} cannot be: ${flaw}`)
  return view.root !== undefined && enough(signers, view.root.body.root) && enough(signers, record.body.root)
    ? trusted
    : refused('RECORD_SIGNER_NOT_TRUSTED', `root ${record.version} is not signed by the thresholds of both roots`)
}

function judgeBinding(
  record: RecordOf<'binding'>,
  signers: ReadonlySet<string>,
  view: TrustView,
  enrollers: Enrollers,
  { nowMs, introducing }: JudgeOptions,
): Verdict {
  const { grant: grantKey, hostKey } = record.body
  if (record.key !== `${grantKey}.${hostKey}`)
    return refused('RECORD_MALFORMED', 'a binding is keyed by grant and host key')
  const grant = view.grant(grantKey)
  if (grant === undefined) return unjudged('NOT_A_MEMBER', 'the grant of this binding is not known yet')
  if (!signers.has(grant.body.joinKey) || !signers.has(hostKey)) {
    return refused(
      'RECORD_SIGNER_NOT_TRUSTED',
      `the binding of ${grant.body.host} lacks the join key's or the host's signature`,
    )
  }
  if (!introducing || view.kept(slotOf(record)) !== undefined) return trusted
  if (nowMs > grant.body.expiresMs)
    return refused('GRANT_EXPIRED', `the grant of ${grant.body.host} expired before it was used`)
  if (!enrollers.current(signersOf(grant)))
    return refused('RECORD_SIGNER_NOT_TRUSTED', `the grant of ${grant.body.host} is of an enroller of the past`)
  return trusted
}

/** Enough publishers of today signed, or the root names this very head as one that stays valid (TRUST-17). */
export function headHolds(head: RecordOf<'head'>, root: RecordOf<'root'>, signers = signersOf(head)): boolean {
  if (root.body.heads?.some((pin) => pin.channel === head.key && pin.head === head.id) === true) return true
  const role = publisherRole(root, head.key)
  return role !== undefined && enough(signers, role)
}

function judgeHead(
  record: RecordOf<'head'>,
  signers: ReadonlySet<string>,
  root: RecordOf<'root'>,
  { nowMs }: JudgeOptions,
): Verdict {
  if (!headHolds(record, root, signers)) {
    return refused(
      'RECORD_SIGNER_NOT_TRUSTED',
      `the head of ${record.key} is not signed by a publisher of that channel`,
    )
  }
  if (record.body.publishedAtMs > nowMs + LIMITS.clockSkewMs) {
    return unjudged('RECORD_EXPIRED', `the head of ${record.key} is dated in the future of this host's clock`)
  }
  return trusted
}

/** Any one publisher of the channel may speak of its rollouts, whatever the threshold of heads: to pause must not wait for a second person. */
function judgeControl(
  record: RecordOf<'control'> | RecordOf<'retry'>,
  signers: ReadonlySet<string>,
  root: RecordOf<'root'>,
  { nowMs }: JudgeOptions,
): Verdict {
  const at = record.key.lastIndexOf('.')
  const [channel, named] = [record.key.slice(0, at), record.key.slice(at + 1)]
  const [signer] = signers
  const mayPublish = publisherRole(root, channel)?.keys.some((key) => key === signer) === true
  if (signers.size !== 1 || !mayPublish || (record.kind === 'control' && named !== signer)) {
    return refused('RECORD_SIGNER_NOT_TRUSTED', `${slotOf(record)} is not signed by the publisher of that channel`)
  }
  const atMs = record.kind === 'retry' ? record.body.atMs : Math.max(record.body.pause.atMs, record.body.promote.atMs)
  return atMs > nowMs + LIMITS.clockSkewMs
    ? unjudged('RECORD_EXPIRED', `${slotOf(record)} is dated in the future of this host's clock`)
    : trusted
}

/** One key's voice for a root or a head. It proves nothing yet, so it needs only to come from one who may have a say (TRUST-15). */
function judgeProposal(
  record: RecordOf<'proposal'>,
  signers: ReadonlySet<string>,
  view: TrustView,
  root: RecordOf<'root'>,
  proposed: Proposed | undefined,
): Verdict {
  const inner = proposed?.record
  if (inner === undefined) return unjudged('RECORD_MALFORMED', 'the proposal was not opened')
  const signer = signerOf(inner)
  if (inner.mesh !== view.mesh) return refused('RECORD_WRONG_MESH', `${slotOf(inner)} belongs to another mesh`)
  if (signer === undefined || signers.size !== 1 || !signers.has(signer) || record.key !== `${slotOf(inner)}.${signer}`)
    return refused(
      'RECORD_SIGNER_NOT_TRUSTED',
      'a proposal carries the signature of the key it is named by, and no other',
    )
  if (inner.kind === 'head') {
    return publisherRole(root, inner.key)?.keys.includes(signer) === true
      ? trusted
      : refused('RECORD_SIGNER_NOT_TRUSTED', `${slotOf(inner)} is proposed by none of its publishers`)
  }
  if (inner.key !== String(inner.version)) return refused('RECORD_MALFORMED', 'a root is keyed by its version')
  if (inner.version > root.version + 1) return unjudged('ROOT_UNTRUSTED', `root ${root.version + 1} is not known yet`)
  const flaw = rootFlaw(inner.body, root.body)
  if (flaw !== undefined) return refused('ROOT_UNTRUSTED', `root ${inner.version} cannot be: ${flaw}`)
  if (root.body.root.keys.includes(signer)) return trusted
  if (!inner.body.root.keys.includes(signer))
    return refused('RECORD_SIGNER_NOT_TRUSTED', `root ${inner.version} is proposed by no holder of a root key`)
  return [...view.proposers(inner.id)].some((key) => root.body.root.keys.includes(key))
    ? trusted
    : unjudged('RECORD_SIGNER_NOT_TRUSTED', `root ${inner.version} is proposed by a key that has no say yet`)
}

function judgeStatus(record: RecordOf<'status'>, signers: ReadonlySet<string>, view: TrustView): Verdict {
  const hostKey = record.signatures[0]?.key
  if (hostKey === undefined || signers.size !== 1 || peerKeyOf(hostKey) !== record.key) {
    return refused('RECORD_SIGNER_NOT_TRUSTED', 'a status is signed by the host it speaks of, and by nobody else')
  }
  return view.isHostKey(hostKey) ? trusted : unjudged('NOT_A_MEMBER', 'this host is no member that is known yet')
}

/** How a trusted record stands to the kept one of its slot. */
export type MergeOutcome = 'newer' | 'same' | 'older' | 'equivocation'

/** The one merge rule: the higher version wins; equal version with other bytes is equivocation and is never applied. */
export function mergeOutcome(record: ShoalRecord, kept: ShoalRecord | undefined): MergeOutcome {
  if (kept === undefined || record.version > kept.version) return 'newer'
  if (record.version < kept.version) return 'older'
  return record.id === kept.id ? 'same' : 'equivocation'
}
