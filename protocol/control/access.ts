import type { RootChange, RootRole } from '../trust/index.ts'

/** Who may do what: the documents and requests of keys and access. Keys are Ed25519 public keys, 64 hex digits. */

export type AccessRole = RootRole
export type { RootChange }

/** Everything about trust in one document, as this node knows it. */
export interface AccessDocument {
  readonly mesh: {
    readonly id: string
    readonly name: string
    /** `sha256-…` of root version 1. */
    readonly rootFingerprint: string
    readonly rootVersion: number
    /** When the root in force ends. */
    readonly expires: string
    /** Keys that count nowhere any more. */
    readonly revokedKeys: readonly string[]
  }
  readonly me: {
    readonly peerId: string
    /** null while this node is no member: revoked, quarantined, or not known yet. */
    readonly host: string | null
    readonly site: string | null
    readonly keys: readonly OwnKeyRow[]
    readonly lock: KeyLock
  }
  readonly roles: readonly RoleRow[]
  /** Invited and not joined. */
  readonly pending: readonly PendingInvite[]
  readonly members: readonly AccessMember[]
  readonly quarantined: readonly QuarantinedGrant[]
  readonly revoked: readonly RevokedHost[]
  /** Steps that wait for signatures; the oldest first. */
  readonly proposals: readonly ProposalRow[]
}

/** A key whose private half is in this home. */
export interface OwnKeyRow {
  readonly key: string
  readonly role: AccessRole
  /** `active`: in its role now. `waiting`: in no root yet, or in one that waits for signatures. `retired`: was in its role once. `revoked`. */
  readonly state: 'active' | 'waiting' | 'retired' | 'revoked'
}

/** `open`: keys lie unencrypted. `unlocked`: encrypted, usable until `locksAt` unless used. `locked`: nothing can be signed. */
export interface KeyLock {
  readonly state: 'open' | 'unlocked' | 'locked'
  /** null unless unlocked. */
  readonly locksAt: string | null
}

export interface RoleRow {
  readonly role: AccessRole
  /** Channel or prefix followed by `*`; null for root and enroller. */
  readonly channels: string | null
  /** How many of the keys must sign together. */
  readonly threshold: number
  readonly keys: readonly RoleKey[]
}

export interface RoleKey {
  readonly key: string
  /** Who has it, as the root names them; null where it names nobody. */
  readonly holder: string | null
  /** Its private half is in this home. */
  readonly mine: boolean
}

export interface PendingInvite {
  /** Id of the grant, 32 hex digits. */
  readonly grant: string
  readonly host: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  readonly issuedAt: string
  readonly expires: string
  readonly expired: boolean
}

export interface AccessMember {
  readonly host: string
  readonly site: string
  readonly labels: Readonly<Record<string, string>>
  readonly peerId: string
  readonly grant: string
  readonly joinedAt: string
  /** A connection to it is open here. */
  readonly connected: boolean
  readonly self: boolean
}

/** A grant that several machines claim: none of them is a member until one is kept. */
export interface QuarantinedGrant {
  readonly grant: string
  readonly host: string
  readonly site: string
  readonly claims: readonly {
    readonly peerId: string
    /** By the claimant's own clock. */
    readonly joinedAt: string
  }[]
}

export interface RevokedHost {
  readonly grant: string
  readonly host: string
  /** Those that had joined with it; empty for an invite that nobody had used. */
  readonly peerIds: readonly string[]
  readonly revokedAt: string
  readonly reason: string
  readonly signers: readonly string[]
}

/** A root or a head that counts for nothing until enough keys have signed it. */
export interface ProposalRow {
  /** Id of the proposed record, 64 hex digits: what every signature covers. */
  readonly id: string
  readonly kind: 'root' | 'head'
  /** Root version, or the release's sequence. */
  readonly version: number
  /** null for a root. */
  readonly channel: string | null
  /** What it would do, in words, a line each. */
  readonly summary: readonly string[]
  /** When the first of the signatures known here was made, by its maker's clock. */
  readonly proposedAt: string
  readonly signed: readonly ProposalSignature[]
  /** Signatures that are missing: one entry for each role that does not have enough. Empty is never seen: such a record is in force. */
  readonly missing: readonly { readonly role: string; readonly have: number; readonly need: number }[]
  /** A key of this home could sign, and has not yet. */
  readonly canApprove: boolean
  /** With what keys of this home can sign it would have enough, and come into force. */
  readonly completes: boolean
  /** Only of a head. */
  readonly release: {
    readonly manifest: string
    readonly entries: number
    readonly bytes: number
    readonly message: string
    readonly expires: string
    /** It has no waves: every host begins once enough have signed. */
    readonly atOnce: boolean
  } | null
}

export interface ProposalSignature {
  readonly key: string
  readonly holder: string | null
  readonly mine: boolean
  readonly at: string
}

/** What a step would do, computed before it is done. */
export interface AccessEffect {
  /** Machines that are members now and would not be any more. */
  readonly leaving: readonly {
    readonly host: string
    readonly site: string
    readonly peerId: string
    readonly connected: boolean
    /** Channels that it reports as targets. */
    readonly channels: readonly string[]
  }[]
  /** Machines that are in quarantine now and would be members. */
  readonly joining: readonly { readonly host: string; readonly peerId: string }[]
  /** Hosts whose open invites could no longer be used. */
  readonly invites: readonly string[]
  /** Connections of this node that would be dropped. */
  readonly connections: number
  /** Roles whose keys or threshold change. */
  readonly roles: readonly {
    readonly role: AccessRole
    readonly channels: string | null
    readonly removed: readonly string[]
    readonly added: readonly string[]
    readonly thresholdBefore: number
    readonly threshold: number
    /** Keys left to meet it. */
    readonly keys: number
  }[]
  /** Channels with releases whose publishers change. */
  readonly channels: readonly {
    readonly channel: string
    readonly sequence: number
    /** Its release stays the head; false: hosts go back to an older one, or to none. */
    readonly headStays: boolean
    /** Enough keys would be left to publish. */
    readonly canPublish: boolean
  }[]
  /** What is lost and cannot be undone, in words, the worst first; empty when nothing is. */
  readonly warnings: readonly string[]
}

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
