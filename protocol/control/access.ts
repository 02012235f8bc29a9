import type { RootChange, RootRole } from '../trust/index.ts'

/** Who may do what: the documents of keys and access. Keys are Ed25519 public keys, 64 hex digits. */

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
