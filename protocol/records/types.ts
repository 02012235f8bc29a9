import type { ChannelName, Digest, HostName, MeshId, PublicKey, SiteName } from '../ids/index.ts'
import type { ControlBody, RetryBody, Rollout } from './rollout-types.ts'
import type { StatusBody } from './status-types.ts'

/** Every kind, in the order in which records can vouch for one another. */
export const RECORD_KINDS = [
  'root',
  'grant',
  'binding',
  'revocation',
  'head',
  'control',
  'retry',
  'proposal',
  'status',
] as const
export type RecordKind = (typeof RECORD_KINDS)[number]

/** Keys that may act in a role, and how many of them must sign together. */
export interface Role {
  readonly keys: readonly PublicKey[]
  readonly threshold: number
}

/** Publishers of the channels that a pattern names: a channel name, or a prefix followed by `*`. */
export interface PublisherRole extends Role {
  readonly channels: string
}

/** Kind `root`, key = version n in decimal, version n: the mesh's keys and who may do what. */
export interface RootBody {
  readonly name: string
  readonly root: Role
  readonly enroller: Role
  readonly publishers: readonly PublisherRole[]
  /** Milliseconds since the epoch. */
  readonly expiresMs: number
  /** Who has a key, for people. */
  readonly holders?: readonly KeyHolder[] | undefined
  /** Keys that count nowhere any more, whatever they signed; every later root names them, too. */
  readonly revoked?: readonly PublicKey[] | undefined
  /** Heads that stay valid although their signers are no publishers of the channel any more; at most one a channel. */
  readonly heads?: readonly HeadPin[] | undefined
}

export interface KeyHolder {
  readonly key: PublicKey
  readonly name: string
}

/** One head by its record id: no other of its channel is meant. */
export interface HeadPin {
  readonly channel: ChannelName
  readonly sequence: number
  readonly head: Digest
}

/** Kind `grant`, key = random id, version 1 when issued, the clock's milliseconds when issued again: an enroller lets one host in. */
export interface GrantBody {
  readonly host: HostName
  readonly site: SiteName
  readonly labels: Readonly<Record<string, string>>
  /** A later grant for the same host name replaces the earlier one's binding (a reinstalled machine). */
  readonly issuedAtMs: number
  /** Last moment at which a host may introduce itself with it. */
  readonly expiresMs: number
  /** Public half of the ticket's one-time key; the binding is signed with its private half. */
  readonly joinKey: PublicKey
  /** Only this host may use it: an enroller has decided between several, or vouched again for the one that did. */
  readonly hostKey?: PublicKey | undefined
}

/** Kind `binding`, key = `GRANT.HOSTKEY`, version 1, so that two bindings of one grant are two records and both spread: a host's own key takes the grant. Signed by the join key and by the host key. */
export interface BindingBody {
  /** Key of the grant. */
  readonly grant: string
  readonly hostKey: PublicKey
  readonly boundAtMs: number
}

/** Kind `revocation`, key = grant, version = clock in ms: whoever used the grant, or may use it yet, is no member any more. For ever. */
export interface RevocationBody {
  /** Host name, for people. */
  readonly host: HostName
  readonly atMs: number
  readonly reason: string
}

/** Kinds of record that several keys sign one after another. */
export const PROPOSABLE_KINDS = ['root', 'head'] as const
export type ProposableKind = (typeof PROPOSABLE_KINDS)[number]

/**
 * Kind `proposal`, key = `SLOT.SIGNER`, version = clock in ms: one key's signature on a root or a head that needs more than that. Signed by
 * the same key. A key has one voice a slot: a later proposal takes the place of its earlier one.
 */
export interface ProposalBody {
  /** Envelope of the proposed record, with this signer's signature alone. */
  readonly record: Uint8Array
  readonly atMs: number
}

/** A delta to a head's release: what a host that is at `from` needs instead of whole chunks. */
export interface DeltaRef {
  /** Manifest that it is coded against. */
  readonly from: Digest
  /** Its bytes as one chunk, or the chunk that lists its pieces when they are more (36 bytes each, as for a manifest). */
  readonly blob: Digest
  readonly bytes: number
}

/** Kind `head`, key = channel, version = sequence: names a channel's current release. */
export interface HeadBody {
  readonly manifest: Digest
  /** Size of the manifest's canonical bytes. */
  readonly manifestBytes: number
  /** Chunk that lists the manifest's own chunks in order (36 bytes each: digest, size as u32 big endian). */
  readonly manifestIndex: Digest
  readonly entries: number
  /** Sum of file sizes, bytes. */
  readonly treeBytes: number
  readonly publishedAtMs: number
  readonly expiresMs: number
  readonly message: string
  /** At most one of a base. */
  readonly deltas: readonly DeltaRef[]
  /** undefined: every host at once. */
  readonly rollout: Rollout | undefined
}

export interface RecordBodies {
  readonly root: RootBody
  readonly grant: GrantBody
  readonly binding: BindingBody
  readonly revocation: RevocationBody
  readonly proposal: ProposalBody
  readonly head: HeadBody
  readonly control: ControlBody
  readonly retry: RetryBody
  readonly status: StatusBody
}

/** One key's Ed25519 signature (64 bytes) over the record's domain-separated payload. */
export interface Signature {
  readonly key: PublicKey
  readonly bytes: Uint8Array
}

/** A decoded record. `payload` are the exact bytes that were signed; `bytes` the whole envelope as it travels. */
export type ShoalRecord = {
  [K in RecordKind]: {
    readonly mesh: MeshId
    readonly kind: K
    readonly key: string
    readonly version: number
    readonly body: RecordBodies[K]
    readonly payload: Uint8Array
    readonly signatures: readonly Signature[]
    readonly bytes: Uint8Array
    /** SHA-256 of `payload`: equal version and unequal id of one signer is equivocation. */
    readonly id: Digest
  }
}[RecordKind]

export type RecordOf<K extends RecordKind> = Extract<ShoalRecord, { kind: K }>
