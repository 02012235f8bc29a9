/**
 * Every code a person or a peer can meet. Codes cross the wire, IPC and the journal: add freely, never rename or reuse (ERR-1).
 *
 * - `blame` decides peer scoring and operator wording.
 * - `retryable` decides the loop: true means the same call may succeed later with nothing changed by a person.
 * - `exit` is the process exit code of the command line (docs/spec/cli.md): 1 failed, 2 usage, 3 timed out, 4 not trusted, 5 budget or space.
 */
export const ERRORS = {
  // usage and this node's home
  USAGE: { blame: 'none', retryable: false, exit: 2 },
  /** Said by the launcher, bin/shoal.mjs, before anything else runs. */
  NODE_TOO_OLD: { blame: 'host', retryable: false, exit: 1 },
  NOT_BUILT_YET: { blame: 'none', retryable: false, exit: 1 },
  HOME_INVALID: { blame: 'host', retryable: false, exit: 1 },
  HOME_INSECURE: { blame: 'host', retryable: false, exit: 1 },
  HOME_IN_USE: { blame: 'host', retryable: true, exit: 1 },
  HOME_HAS_MESH: { blame: 'host', retryable: false, exit: 1 },
  NO_MESH: { blame: 'host', retryable: false, exit: 1 },
  CONFIG_INVALID: { blame: 'host', retryable: false, exit: 2 },
  /** The page that `shoal web` serves is not there. */
  CONSOLE_NOT_BUILT: { blame: 'host', retryable: false, exit: 1 },
  ADDRESS_IN_USE: { blame: 'host', retryable: true, exit: 1 },
  ADDRESS_INVALID: { blame: 'host', retryable: false, exit: 2 },
  NO_SUCH_CHANNEL: { blame: 'none', retryable: false, exit: 1 },
  NO_SUCH_RELEASE: { blame: 'none', retryable: false, exit: 1 },
  NO_SUCH_HOST: { blame: 'none', retryable: false, exit: 1 },
  NO_SUCH_ALERT: { blame: 'none', retryable: false, exit: 1 },
  /** The id of a folder that was not given to this caller, or that is not there any more. */
  NO_SUCH_FOLDER: { blame: 'none', retryable: false, exit: 1 },
  /** A query of hosts; the message says where it is wrong. */
  QUERY_INVALID: { blame: 'none', retryable: false, exit: 2 },
  NAME_INVALID: { blame: 'none', retryable: false, exit: 2 },
  AGENT_UNREACHABLE: { blame: 'host', retryable: true, exit: 1 },
  TIMED_OUT: { blame: 'none', retryable: true, exit: 3 },
  CANCELLED: { blame: 'none', retryable: true, exit: 1 },
  DRIFT_FOUND: { blame: 'host', retryable: false, exit: 1 },
  DOCTOR_FOUND: { blame: 'host', retryable: false, exit: 1 },
  // targets and the live tree
  TARGET_EXISTS: { blame: 'host', retryable: false, exit: 1 },
  NO_SUCH_TARGET: { blame: 'host', retryable: false, exit: 1 },
  TARGET_ROOT_INVALID: { blame: 'host', retryable: false, exit: 1 },
  TARGET_READ_ONLY: { blame: 'host', retryable: true, exit: 1 },
  TARGET_MODIFIED: { blame: 'host', retryable: true, exit: 1 },
  TARGET_CONFLICT: { blame: 'host', retryable: true, exit: 1 },
  TARGET_CROSSES_FILESYSTEM: { blame: 'host', retryable: false, exit: 1 },
  TARGET_BUSY: { blame: 'host', retryable: true, exit: 1 },
  /** The commit would take longer than the release allows. */
  WINDOW_EXCEEDED: { blame: 'publisher', retryable: false, exit: 5 },
  /** Somebody on the host holds a lock in HOME/locks. */
  COMMIT_LOCKED: { blame: 'host', retryable: true, exit: 1 },
  HOOK_FAILED: { blame: 'host', retryable: true, exit: 1 },
  HEALTH_FAILED: { blame: 'publisher', retryable: false, exit: 1 },
  /** This host rolled the release back and does not try it again unless told. */
  RELEASE_REJECTED: { blame: 'publisher', retryable: false, exit: 1 },
  METADATA_NOT_SET: { blame: 'host', retryable: false, exit: 1 },
  /** A budget of the host's config would not last. */
  BUDGET_EXCEEDED: { blame: 'host', retryable: true, exit: 5 },
  QUIET_HOURS: { blame: 'host', retryable: true, exit: 5 },
  /** Its wave of the rollout is not open on this host's evidence. */
  WAVE_NOT_OPEN: { blame: 'none', retryable: true, exit: 3 },
  ROLLOUT_PAUSED: { blame: 'none', retryable: true, exit: 3 },
  /** Nothing is paused, or no wave waits. */
  ROLLOUT_NOT_HELD: { blame: 'none', retryable: false, exit: 1 },
  /** Nothing waits for a person's consent. */
  NOT_HELD: { blame: 'none', retryable: false, exit: 1 },
  NO_SPACE: { blame: 'host', retryable: true, exit: 5 },
  PATH_ESCAPES: { blame: 'host', retryable: false, exit: 1 },
  FILE_SYSTEM: { blame: 'host', retryable: true, exit: 1 },
  KERNEL_UNSUPPORTED: { blame: 'host', retryable: false, exit: 1 },
  JOURNAL_CORRUPT: { blame: 'host', retryable: false, exit: 1 },
  STORE_CORRUPT: { blame: 'host', retryable: false, exit: 1 },
  CHUNK_NOT_FOUND: { blame: 'host', retryable: true, exit: 1 },
  // publishing
  SOURCE_INVALID: { blame: 'publisher', retryable: false, exit: 1 },
  SOURCE_CHANGED: { blame: 'publisher', retryable: true, exit: 1 },
  SOURCE_UNSUPPORTED_ENTRY: { blame: 'publisher', retryable: false, exit: 1 },
  /** shoal.toml in the published folder is wrong. */
  RELEASE_FILE_INVALID: { blame: 'publisher', retryable: false, exit: 2 },
  WAVE_INVALID: { blame: 'none', retryable: false, exit: 2 },
  /** The channel has the content of that release already. */
  ROLLBACK_NEEDLESS: { blame: 'none', retryable: false, exit: 1 },
  NOT_A_PUBLISHER: { blame: 'none', retryable: false, exit: 4 },
  // keys and access
  /** The keys of this home are encrypted, and nobody has given the passphrase. */
  KEYS_LOCKED: { blame: 'host', retryable: false, exit: 4 },
  PASSPHRASE_WRONG: { blame: 'none', retryable: false, exit: 4 },
  /** No key of this home may sign that. */
  KEY_MISSING: { blame: 'host', retryable: false, exit: 4 },
  NO_SUCH_KEY: { blame: 'none', retryable: false, exit: 1 },
  /** A key of this home has signed another record of the same slot and version. */
  SIGNED_ANOTHER: { blame: 'none', retryable: false, exit: 4 },
  NO_SUCH_PROPOSAL: { blame: 'none', retryable: false, exit: 1 },
  /** The root that a step would make could not be used. */
  ROOT_STEP_INVALID: { blame: 'none', retryable: false, exit: 1 },
  /** A root step as text is cut or mistyped. */
  STEP_MALFORMED: { blame: 'none', retryable: false, exit: 4 },
  /** What was previewed is not what would be published now: look again. */
  STALE_PREVIEW: { blame: 'none', retryable: false, exit: 1 },
  // manifests
  MANIFEST_MALFORMED: { blame: 'publisher', retryable: false, exit: 4 },
  MANIFEST_NOT_CANONICAL: { blame: 'publisher', retryable: false, exit: 4 },
  MANIFEST_PATH_ESCAPES: { blame: 'publisher', retryable: false, exit: 4 },
  MANIFEST_PATH_ABSOLUTE: { blame: 'publisher', retryable: false, exit: 4 },
  MANIFEST_PATH_NUL: { blame: 'publisher', retryable: false, exit: 4 },
  MANIFEST_PATH_INVALID: { blame: 'publisher', retryable: false, exit: 4 },
  MANIFEST_PATH_TOO_LONG: { blame: 'publisher', retryable: false, exit: 4 },
  MANIFEST_PATH_DUPLICATE: { blame: 'publisher', retryable: false, exit: 4 },
  MANIFEST_PATH_RESERVED: { blame: 'publisher', retryable: false, exit: 4 },
  MANIFEST_PARENT_MISSING: { blame: 'publisher', retryable: false, exit: 4 },
  MANIFEST_UNDER_NON_DIRECTORY: { blame: 'publisher', retryable: false, exit: 4 },
  MANIFEST_HARDLINK_TARGET: { blame: 'publisher', retryable: false, exit: 4 },
  MANIFEST_SIZE_MISMATCH: { blame: 'publisher', retryable: false, exit: 4 },
  MANIFEST_TOO_LARGE: { blame: 'publisher', retryable: false, exit: 4 },
  BUNDLE_INVALID: { blame: 'none', retryable: false, exit: 4 },
  BUNDLE_UNREADABLE: { blame: 'host', retryable: false, exit: 1 },
  DELTA_INVALID: { blame: 'peer', retryable: true, exit: 4 },
  MANIFEST_DIGEST_MISMATCH: { blame: 'peer', retryable: true, exit: 4 },
  // records and trust
  RECORD_MALFORMED: { blame: 'peer', retryable: false, exit: 4 },
  RECORD_TOO_LARGE: { blame: 'peer', retryable: false, exit: 4 },
  RECORD_WRONG_MESH: { blame: 'peer', retryable: false, exit: 4 },
  RECORD_UNSIGNED: { blame: 'peer', retryable: false, exit: 4 },
  RECORD_SIGNATURE_INVALID: { blame: 'peer', retryable: false, exit: 4 },
  RECORD_SIGNER_NOT_TRUSTED: { blame: 'peer', retryable: false, exit: 4 },
  RECORD_EXPIRED: { blame: 'none', retryable: false, exit: 4 },
  RECORD_EQUIVOCATION: { blame: 'peer', retryable: false, exit: 4 },
  HEAD_ROLLBACK: { blame: 'publisher', retryable: false, exit: 4 },
  HEAD_EXPIRED: { blame: 'publisher', retryable: false, exit: 4 },
  ROOT_UNTRUSTED: { blame: 'peer', retryable: false, exit: 4 },
  TICKET_MALFORMED: { blame: 'none', retryable: false, exit: 4 },
  TICKET_FORGED: { blame: 'none', retryable: false, exit: 4 },
  GRANT_EXPIRED: { blame: 'none', retryable: false, exit: 4 },
  GRANT_QUARANTINED: { blame: 'none', retryable: false, exit: 4 },
  NOT_A_MEMBER: { blame: 'peer', retryable: true, exit: 4 },
  // content and wire
  CHUNK_DIGEST_MISMATCH: { blame: 'peer', retryable: true, exit: 1 },
  CHUNK_TOO_LARGE: { blame: 'peer', retryable: false, exit: 1 },
  WIRE_MALFORMED: { blame: 'peer', retryable: false, exit: 1 },
  WIRE_TOO_LARGE: { blame: 'peer', retryable: false, exit: 1 },
  PEER_TIMEOUT: { blame: 'peer', retryable: true, exit: 3 },
  PEER_GONE: { blame: 'peer', retryable: true, exit: 1 },
  NO_SOURCE: { blame: 'none', retryable: true, exit: 1 },
  // the desktop app
  /** The system has no keyring that keeps a secret. */
  KEYRING_UNAVAILABLE: { blame: 'host', retryable: false, exit: 1 },
  // control API
  BAD_REQUEST: { blame: 'none', retryable: false, exit: 2 },
  INTERNAL: { blame: 'none', retryable: false, exit: 1 },
} as const satisfies Record<string, ErrorInfo>

/** What the table says of one code. */
export interface ErrorInfo {
  readonly blame: 'peer' | 'host' | 'publisher' | 'none'
  readonly retryable: boolean
  readonly exit: 1 | 2 | 3 | 4 | 5
}

export type ErrorCode = keyof typeof ERRORS

/** The one error class of Shoal. Match on `code`, never on text. */
export class ShoalError extends Error {
  override readonly name = 'ShoalError'
  readonly code: ErrorCode
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** The form in which an error crosses wire, IPC and journal: a known code and a message, never a stack or the cause. */
export interface WireError {
  readonly code: ErrorCode
  readonly message: string
}

const known = (code: string): code is ErrorCode => Object.hasOwn(ERRORS, code)

/** What may leave the process: the code and message of a `ShoalError`, anything else as INTERNAL. */
export const toWire = (err: unknown): WireError =>
  err instanceof ShoalError ? { code: err.code, message: err.message } : { code: 'INTERNAL', message: 'internal error' }

/** Rebuilds an error that crossed an edge; an unknown code becomes INTERNAL with the message kept. */
export const fromWire = (err: { readonly code: string; readonly message: string }): ShoalError =>
  known(err.code) ? new ShoalError(err.code, err.message) : new ShoalError('INTERNAL', `${err.code}: ${err.message}`)

/** Narrows to a `ShoalError`, optionally with one code. */
export const isShoalError = (err: unknown, code?: ErrorCode): err is ShoalError =>
  err instanceof ShoalError && (code === undefined || err.code === code)
