import { setFlagsFromString } from 'node:v8'

/**
 * Keeps V8's young generation as small as it begins: it would grow to tens of MiB a space and never shrink again, which on a host that looks
 * at large trees now and then is most of what the agent holds. Measured: 350 → 220 MiB for a tree of 33,000 entries, at no cost in time.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1')
}
