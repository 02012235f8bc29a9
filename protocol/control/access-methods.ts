import type { RootChange } from '../trust/index.ts'
import type { AccessDocument, AccessEffect, AccessRole, KeyLock, OwnKeyRow, ProposalRow } from './access.ts'

/** What can be done about keys and access: requests, results, and the part of the contract that they are. */

export interface HostRevokeRequest {
  /** Host name: everything granted to it is revoked, used or not. */
  readonly host: string
  readonly reason: string
  readonly dryRun: boolean
}

/** Several hosts in one step: the effect is that of all together. */
export interface HostsRevokeRequest {
  /** Each once, at most `CONTROL_LIMITS.bulkHosts`. */
  readonly hosts: readonly string[]
  readonly reason: string
  readonly dryRun: boolean
}

export interface HostsRevoked {
  readonly hosts: readonly string[]
  /** Names that nobody was invited by, or that are revoked already: nothing is done with them. */
  readonly missing: readonly string[]
  /** false: a dry run. */
  readonly done: boolean
  readonly effect: AccessEffect
}

export interface QuarantineResolveRequest {
  readonly grant: string
  /** Peer id of the claimant that is the host. */
  readonly keep: string
  readonly dryRun: boolean
}

export interface MembershipResult {
  readonly host: string
  /** false: a dry run. */
  readonly done: boolean
  readonly effect: AccessEffect
}

export interface RootProposeRequest {
  readonly changes: readonly RootChange[]
  /** Although keys of this home have signed another root of the same version: SIGNED_ANOTHER without it. */
  readonly instead: boolean
  readonly dryRun: boolean
}

export interface KeyRotateRequest {
  /** A role of which this home has one key, or the public key. */
  readonly key: string
  readonly dryRun: boolean
}

export interface KeyRevokeRequest {
  readonly key: string
  readonly dryRun: boolean
}

export interface RootStepResult {
  readonly rootVersion: number
  /** The new root is in force. false: a dry run, or it waits for signatures. */
  readonly done: boolean
  /** What waits; null when nothing does. */
  readonly proposal: ProposalRow | null
  readonly effect: AccessEffect
  /** The key that was made for it, if one was. */
  readonly made: string | null
}

/** A root step as text, `shoalstep1…`: what holders sign without a network between them. No secret. */
export interface StepText {
  readonly text: string
}

export interface ApproveRequest {
  /** Id of the proposal, or the beginning of it, at least 8 digits. */
  readonly id: string
  /** As of rootPropose; a head is never signed instead of another. */
  readonly instead: boolean
  readonly dryRun: boolean
}

export interface ApproveResult {
  readonly proposal: ProposalRow
  /** It had enough signatures with this one, and is in force. */
  readonly done: boolean
  /** Of a root; null for a head. */
  readonly effect: AccessEffect | null
}

export interface KeysLockRequest {
  /** The keys are encrypted under it, or under it from now on; null locks what is encrypted already. */
  readonly passphrase: string | null
}

export interface KeysUnlockRequest {
  readonly passphrase: string
  /** Locked again after so long without a signature, milliseconds. */
  readonly idleMs: number
}

/** The part of the contract that is about keys and access. */
export interface AccessMethods {
  readonly access: { readonly req: Record<string, never>; readonly res: AccessDocument }
  readonly hostRevoke: { readonly req: HostRevokeRequest; readonly res: MembershipResult }
  /** NO_SUCH_HOST when none of them can be revoked. */
  readonly hostsRevoke: { readonly req: HostsRevokeRequest; readonly res: HostsRevoked }
  readonly quarantineResolve: { readonly req: QuarantineResolveRequest; readonly res: MembershipResult }
  /** A new key in this home, in no role yet: its public half is what another holder adds to a role. */
  readonly keyMake: { readonly req: { readonly role: AccessRole }; readonly res: OwnKeyRow }
  /** A new key takes the place of one of this home. */
  readonly keyRotate: { readonly req: KeyRotateRequest; readonly res: RootStepResult }
  readonly keyRevoke: { readonly req: KeyRevokeRequest; readonly res: RootStepResult }
  readonly rootPropose: { readonly req: RootProposeRequest; readonly res: RootStepResult }
  readonly rootProposalExport: { readonly req: { readonly id: string }; readonly res: StepText }
  /** Takes in roots, and signatures that were made elsewhere; signs nothing. */
  readonly rootProposalImport: { readonly req: StepText; readonly res: ProposalImported }
  readonly approve: { readonly req: ApproveRequest; readonly res: ApproveResult }
  readonly keysLock: { readonly req: KeysLockRequest; readonly res: KeyLock }
  readonly keysUnlock: { readonly req: KeysUnlockRequest; readonly res: KeyLock }
}

export interface ProposalImported {
  readonly rootVersion: number
  /** What waits still; null: it is in force. */
  readonly proposal: ProposalRow | null
}

export const ACCESS_METHODS = {
  access: true,
  hostRevoke: true,
  hostsRevoke: true,
  quarantineResolve: true,
  keyMake: true,
  keyRotate: true,
  keyRevoke: true,
  rootPropose: true,
  rootProposalExport: true,
  rootProposalImport: true,
  approve: true,
  keysLock: true,
  keysUnlock: true,
} as const satisfies Record<keyof AccessMethods, true>
