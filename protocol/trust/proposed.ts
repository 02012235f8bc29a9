import { ShoalError } from '../errors/index.ts'
import type { PublicKey } from '../ids/index.ts'
import {
  decodeRecord,
  joinSignatures,
  PROPOSABLE_KINDS,
  type ProposableKind,
  type RecordOf,
  type ShoalRecord,
  slotOf,
  verifySignatures,
} from '../records/index.ts'
import { enough, roleOfChannel } from './roles.ts'

/** What a proposal carries, its one signature verified. */
export interface Proposed {
  readonly proposal: RecordOf<'proposal'>
  readonly record: RecordOf<ProposableKind>
}

/**
 * Opens a proposal.
 * @throws RECORD_MALFORMED, RECORD_TOO_LARGE, RECORD_UNSIGNED, RECORD_SIGNATURE_INVALID
 */
export async function openProposal(proposal: RecordOf<'proposal'>): Promise<Proposed> {
  const record = await decodeRecord(proposal.body.record)
  if (!isProposable(record)) throw new ShoalError('RECORD_MALFORMED', `no ${record.kind} can be proposed`)
  await verifySignatures(record)
  return { proposal, record }
}

const isProposable = (record: ShoalRecord): record is RecordOf<ProposableKind> =>
  PROPOSABLE_KINDS.some((kind) => kind === record.kind)

/** The key that signed a record alone; undefined when several or none did. */
export const signerOf = ({ signatures }: ShoalRecord): PublicKey | undefined =>
  signatures.length === 1 ? signatures[0]?.key : undefined

/** The proposed record with every signature that proposals of it carry. At least one. */
export const joinProposals = (proposed: readonly [Proposed, ...Proposed[]]): Promise<ShoalRecord> =>
  joinSignatures(
    proposed[0].record,
    proposed.flatMap(({ record }) => record.signatures),
  )

/** Signatures that a role must have and does not. */
export interface MissingSignatures {
  /** In words: `root 2`, `publishers of web*`. */
  readonly role: string
  readonly have: number
  readonly need: number
}

/** What a proposed record lacks under the root in force; empty when it has enough signatures. Pure. */
export function missingSignatures(
  record: RecordOf<ProposableKind>,
  signers: ReadonlySet<string>,
  root: RecordOf<'root'>,
): readonly MissingSignatures[] {
  const roles =
    record.kind === 'root'
      ? [
          { role: `root ${root.version}`, of: root.body.root },
          { role: `root ${record.version}`, of: record.body.root },
        ]
      : [roleOfChannel(root.body, record.key)].flatMap((role) =>
          role === undefined ? [] : [{ role: `publishers of ${role.channels}`, of: role }],
        )
  return roles.flatMap(({ role, of }) =>
    enough(signers, of) ? [] : [{ role, have: of.keys.filter((key) => signers.has(key)).length, need: of.threshold }],
  )
}

/** The slot that a proposal is about. */
export const proposedSlot = ({ record }: Proposed): string => slotOf(record)
