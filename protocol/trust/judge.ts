import { type ErrorCode, ShoalError } from '../errors/index.ts'
import type { Digest, MeshId, PublicKey } from '../ids/index.ts'
import { peerKeyOf, type PublisherRole, type RecordOf, type Role, type ShoalRecord, slotOf } from '../records/index.ts'
import { LIMITS } from '../wire/limits.ts'

/** What a judgement may look at: the trusted root and the records kept so far. */
export interface TrustView {
  readonly mesh: MeshId
  /** Id of root version 1, from the ticket: the one thing that is believed without proof. */
  readonly rootFingerprint: Digest
  readonly root: RecordOf<'root'> | undefined
  grant(key: string): RecordOf<'grant'> | undefined
  /** Keys of hosts with a binding that no quarantine holds. */
  isHostKey(key: PublicKey): boolean
  /** The kept record of a slot, to compare versions with. */
  kept(slot: string): ShoalRecord | undefined
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

const enough = (signers: ReadonlySet<string>, role: Role): boolean =>
  role.keys.filter((key) => signers.has(key)).length >= role.threshold

/** The publishers' role that covers a channel: an exact pattern before the longest prefix. */
export function publisherRole(root: RecordOf<'root'>, channel: string): PublisherRole | undefined {
  const covers = (pattern: string): boolean =>
    pattern.endsWith('*') ? channel.startsWith(pattern.slice(0, -1)) : pattern === channel
  const rank = (pattern: string): number => (pattern.endsWith('*') ? pattern.length : Number.MAX_SAFE_INTEGER)
  return root.body.publishers
    .filter((p) => covers(p.channels))
    .toSorted((a, b) => rank(b.channels) - rank(a.channels))[0]
}

/** What a judgement is told beside the record. */
export interface JudgeOptions {
  readonly nowMs: number
  /** The host presents this binding itself, so the grant must still be open (TRUST-6). */
  readonly introducing: boolean
}

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
  if (view.root === undefined) return unjudged('ROOT_UNTRUSTED', 'no trusted root is known yet')
  switch (record.kind) {
    case 'grant':
      return enough(signers, view.root.body.enroller)
        ? trusted
        : refused(
            'RECORD_SIGNER_NOT_TRUSTED',
            `grant for ${record.body.host} is not signed by an enroller of this mesh`,
          )
    case 'binding':
      return judgeBinding(record, signers, view, options)
    case 'head':
      return judgeHead(record, signers, view.root, options)
    case 'control':
    case 'retry':
      return judgeControl(record, signers, view.root, options)
    case 'status':
      return judgeStatus(record, signers, view)
  }
}

function judgeRoot(record: RecordOf<'root'>, signers: ReadonlySet<string>, view: TrustView): Verdict {
  if (record.key !== String(record.version)) return refused('RECORD_MALFORMED', 'a root is keyed by its version')
  if (record.version === 1) {
    if (record.id !== view.rootFingerprint)
      return refused('ROOT_UNTRUSTED', 'root 1 is not the one this mesh began with')
    return enough(signers, record.body.root) ? trusted : refused('RECORD_SIGNER_NOT_TRUSTED', 'root 1 lacks signatures')
  }
  const current = view.root?.version ?? 0
  if (record.version <= current)
    return refused('RECORD_EQUIVOCATION', `another root ${record.version} is trusted already`)
  if (record.version > current + 1) return unjudged('ROOT_UNTRUSTED', `root ${current + 1} is not known yet`)
  return view.root !== undefined && enough(signers, view.root.body.root) && enough(signers, record.body.root)
    ? trusted
    : refused('RECORD_SIGNER_NOT_TRUSTED', `root ${record.version} is not signed by the thresholds of both roots`)
}

function judgeBinding(
  record: RecordOf<'binding'>,
  signers: ReadonlySet<string>,
  view: TrustView,
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
  if (introducing && view.kept(slotOf(record)) === undefined && nowMs > grant.body.expiresMs) {
    return refused('GRANT_EXPIRED', `the grant of ${grant.body.host} expired before it was used`)
  }
  return trusted
}

function judgeHead(
  record: RecordOf<'head'>,
  signers: ReadonlySet<string>,
  root: RecordOf<'root'>,
  { nowMs }: JudgeOptions,
): Verdict {
  const role = publisherRole(root, record.key)
  if (role === undefined || !enough(signers, role)) {
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
