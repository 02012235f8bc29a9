/** LIFE-1 idempotent; LIFE-2 stop() is safe after a failed start(); LIFE-3 may be started again. */
export interface Component {
  start(): Promise<void>
  stop(): Promise<void>
}

/** The only source of time. Tests pass one that they wind. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** Milliseconds from any fixed point; never goes back. */
  monotonic(): number
  /** Resolves after `ms`. Rejects with CANCELLED as soon as `signal` aborts. Does not keep the process alive when `unref` is true. */
  sleep(ms: number, options?: SleepOptions): Promise<void>
}

export interface SleepOptions {
  readonly signal?: AbortSignal
  readonly unref?: boolean
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
export type LogValue = string | number | boolean | null
export type LogFields = Readonly<Record<string, LogValue>>

/**
 * Lines for people and machines: a stable event name and fields, no prose, never keys, tickets or absolute paths of the home.
 * Values are escaped when written, so a hostile name cannot forge a line.
 */
export interface Logger {
  debug(event: string, fields?: LogFields): void
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields): void
  /** A logger whose lines all carry these fields too. */
  with(fields: LogFields): Logger
}
