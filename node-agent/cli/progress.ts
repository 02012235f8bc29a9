import type { Clock } from '../lifecycle/index.ts'
import type { Output } from './io.ts'
import { widthOf } from './text.ts'

/** How long work is going, on stderr: one line that is rewritten on a terminal, else a line now and then. */
export interface Progress {
  /** `key` names the phase: a new one is always shown. `line` must be printable. */
  show(key: string, line: string): void
  /** Takes the line away (terminal) so that other output starts at the margin. */
  clear(): void
}

/** On a terminal: smooth, and not so often that it costs. */
const TTY_MS = 100
/** In a log: enough to see that it lives. */
const LOG_MS = 10_000

export function createProgress(out: Output, clock: Pick<Clock, 'monotonic'>): Progress {
  let lastKey: string | undefined
  let lastAt = Number.NEGATIVE_INFINITY
  let drawn = false
  const clear = (): void => {
    if (drawn) out.write('\r\u001b[K')
    drawn = false
  }
  return {
    clear,
    show: (key, line) => {
      const now = clock.monotonic()
      if (key === lastKey && now - lastAt < (out.isTty ? TTY_MS : LOG_MS)) return
      lastKey = key
      lastAt = now
      if (!out.isTty) return out.write(`${line}\n`)
      out.write(`\r${fit(line, out.columns - 1)}\u001b[K`)
      drawn = true
    },
  }
}

function fit(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line
  let out = ''
  for (const char of line) {
    if (widthOf(out + char) > columns - 1) break
    out += char
  }
  return `${out}…`
}
