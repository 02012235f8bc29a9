import { networkInterfaces } from 'node:os'
import type { Clock } from '../lifecycle/index.ts'

/** How often the machine's addresses are looked at; it costs microseconds. */
const LOOK_MS = 5_000

/** Addresses of the machine's interfaces, in order; loopback ones are left out. */
export const ownAddresses = (): readonly string[] =>
  Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal }) => !internal)
    .map(({ address }) => address)
    .toSorted()

export interface AddressWatch {
  readonly clock: Clock
  /** The machine's addresses now, in order. */
  readonly look: () => readonly string[]
  readonly changed: (now: readonly string[]) => void
}

/** Calls `changed` whenever the machine has other addresses than before; runs until the signal aborts (NET-22). */
export async function watchAddresses({ clock, look, changed }: AddressWatch, signal: AbortSignal): Promise<void> {
  let before = look()
  while (!signal.aborted) {
    await clock.sleep(LOOK_MS, { signal, unref: true }).catch(() => undefined)
    const now = look()
    if (signal.aborted || (now.length === before.length && now.every((address, i) => address === before[i]))) continue
    before = now
    changed(now)
  }
}
