import type { PeerKey } from '../../protocol/index.ts'
import { CONTROL_LIMITS, type HostEvent, type HostLine } from '../../protocol/control/index.ts'
import type { HostCondition } from '../../protocol/status/index.ts'

/** Events of all hosts together: a few for each of the largest mesh, a few megabytes. */
const KEPT_EVENTS = 20_000

/** What this node saw of hosts change since its agent started. */
export class HostEvents {
  readonly #states = new Map<string, HostCondition>()
  #events: { readonly peer: PeerKey; readonly event: HostEvent }[] = []

  /** Takes note of how a host stands on a channel now. */
  see(peer: PeerKey, line: HostLine, atMs: number): void {
    const key = `${peer} ${line.channel ?? ''}`
    const before = this.#states.get(key)
    this.#states.set(key, line.state)
    // The first sight of a host is no change.
    if (before === undefined || before === line.state) return
    const { channel, release, error } = line
    const returned = before === 'offline' || before === 'unknown'
    const what = returned ? 'back' : line.state
    const text = returned ? `back, and ${line.state}` : `${before} → ${line.state}${error === null ? '' : `: ${error}`}`
    this.#events.push({ peer, event: { atMs, channel, what, release, text } })
    if (this.#events.length > 1.1 * KEPT_EVENTS) this.#events = this.#events.slice(-KEPT_EVENTS)
  }

  /** Newest first. */
  of(peer: PeerKey): readonly HostEvent[] {
    const found: HostEvent[] = []
    for (let i = this.#events.length - 1; i >= 0 && found.length < CONTROL_LIMITS.hostEvents; i--) {
      const kept = this.#events[i]
      if (kept?.peer === peer) found.push(kept.event)
    }
    return found
  }
}
