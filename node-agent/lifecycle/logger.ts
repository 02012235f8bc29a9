import type { Clock, LogFields, Logger, LogLevel, LogValue } from './types.ts'

const RANK = { debug: 0, info: 1, warn: 2, error: 3 } as const satisfies Record<LogLevel, number>

export interface LoggerInit {
  /** Lines below it are dropped. */
  readonly level: LogLevel
  /** One JSON document a line instead of text. */
  readonly json: boolean
  /** Gets whole lines, newline included. */
  readonly write: (line: string) => void
  readonly clock: Pick<Clock, 'now'>
}

/**
 * Writes `2026-01-31T12:00:00.000Z warn peer-dropped peer=12D3… reason="bad chunk"`: a line an event, a value a field. Whatever a value
 * holds, it stays one line and cannot be taken for another field or a terminal's escape code (LOG-1).
 */
export function createLogger(init: LoggerInit, common: LogFields = {}): Logger {
  const at =
    (level: LogLevel) =>
    (event: string, fields: LogFields = {}): void => {
      if (RANK[level] < RANK[init.level]) return
      const time = new Date(init.clock.now()).toISOString()
      const all = { ...common, ...fields }
      init.write(init.json ? `${safeJson({ time, level, event, ...all })}\n` : toLine(time, level, event, all))
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: (fields) => createLogger(init, { ...common, ...fields }),
  }
}

function toLine(time: string, level: LogLevel, event: string, fields: LogFields): string {
  const shown = Object.entries(fields).map(([key, value]) => ` ${plain(key)}=${toText(value)}`)
  return `${time} ${level} ${plain(event)}${shown.join('')}\n`
}

/** A value without quotes where nothing in it could be misread. */
function toText(value: LogValue): string {
  if (typeof value !== 'string') return String(value)
  return /^[\w./:@+,-]+$/.test(value) ? value : safeJson(value)
}

const plain = (name: string): string => (/^[\w.-]+$/.test(name) ? name : safeJson(name))

/**
 * JSON text in which everything that moves a cursor, ends a line or hides (control, format, private, unassigned, lone surrogate) is escaped:
 * the same document for a parser, harmless on a terminal.
 */
export function safeJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (char) =>
    Array.from({ length: char.length }, (_, i) => `\\u${char.charCodeAt(i).toString(16).padStart(4, '0')}`).join(''),
  )
}
