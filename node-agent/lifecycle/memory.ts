import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Keeps V8's young generation as small as it begins: it would grow to tens of MiB a space and never shrink again, which on a host that looks
 * at large trees now and then is most of what the agent holds. Measured: 350 → 220 MiB for a tree of 33,000 entries, at no cost in time.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
  setFlagsFromString('--heap-growing-percent=40')
}

let collect: (() => void) | undefined

/** Collects the whole heap at once, and gives what is free back to the system; for after large work. Takes about a millisecond a MiB in use. */
export function collectHeap(): void {
  if (collect === undefined) {
    setFlagsFromString('--expose-gc')
    const exposed: unknown = runInNewContext('gc')
    collect =
      typeof exposed === 'function' ? () => void exposed({ type: 'major', flavor: 'last-resort' }) : () => undefined
    setFlagsFromString('--no-expose-gc')
  }
  collect()
}
