/** Bounds of the web console's server, each with its reason. Times in milliseconds. */
export const WEB_LIMITS = {
  /** Nobody signed in, or nobody asked anything, for so long: the server ends. A window that only watches asks nothing. */
  idleMs: 60 * 60_000,
  /** WebSockets at a time: a person's tabs. */
  windows: 16,
  /** Connections at a time: a browser opens six a tab. */
  connections: 128,
  /** A browser on this machine sends its few headers at once. */
  headersMs: 10_000,
  requestMs: 10_000,
  headerBytes: 16 * 1024,
  /** A closing WebSocket may still deliver what was queued for so long. */
  flushMs: 1_000,
  /** Random bytes of the token in the URL and of the cookie. */
  secretBytes: 32,
} as const
