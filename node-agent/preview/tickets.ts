import { randomBytes } from 'node:crypto'
import { ShoalError, type TreePath } from '../../protocol/index.ts'
import type { Caller } from '../../protocol/control/index.ts'
import type { StatCache } from '../scan/index.ts'
import { PREVIEW_LIMITS } from './limits.ts'
import type { Stamped } from './stamps.ts'
import type { BaseName } from './base.ts'

/** What was previewed: enough to publish exactly that, or to see that it cannot be any more. */
export interface Previewed extends Stamped {
  /** Real path of the folder. */
  readonly dir: string
  readonly base: BaseName
  /** Where renamed files were. */
  readonly origins: ReadonlyMap<TreePath, TreePath>
  /** What is known of the folder's files. */
  readonly cache: StatCache
}

interface Ticket {
  readonly caller: Caller
  readonly expiresMs: number
  readonly previewed: Previewed
}

/** Tickets for what callers were shown; each is good for its caller, for a while, and as long as there is room (PREV-7). */
export class Tickets {
  readonly #now: () => number
  /** The oldest first. */
  readonly #tickets = new Map<string, Ticket>()
  readonly #followed = new WeakSet<Caller>()

  constructor(init: { readonly now: () => number }) {
    this.#now = init.now
  }

  issue(caller: Caller, previewed: Previewed): { readonly ticket: string; readonly expiresMs: number } {
    const ticket = randomBytes(16).toString('base64url')
    const expiresMs = this.#now() + PREVIEW_LIMITS.ticketMs
    this.#tickets.set(ticket, { caller, expiresMs, previewed })
    if (!this.#followed.has(caller)) {
      this.#followed.add(caller)
      caller.gone.addEventListener('abort', () => this.#forget((other) => other.caller === caller), { once: true })
    }
    this.#makeRoom(caller)
    return { ticket, expiresMs }
  }

  /** @throws STALE_PREVIEW for a ticket that is not the caller's, or not kept any more */
  find(caller: Caller, ticket: string): Previewed {
    this.#forget(({ expiresMs }) => expiresMs <= this.#now())
    const found = this.#tickets.get(ticket)
    if (found?.caller === caller) return found.previewed
    throw new ShoalError(
      'STALE_PREVIEW',
      'this preview is not kept any more; nothing was published. Look at the folder again',
    )
  }

  /** It was used. */
  remove(ticket: string): void {
    this.#tickets.delete(ticket)
  }

  get size(): number {
    return this.#tickets.size
  }

  #makeRoom(caller: Caller): void {
    this.#forget(({ expiresMs }) => expiresMs <= this.#now())
    const own = [...this.#tickets].filter(([, ticket]) => ticket.caller === caller)
    for (const [id] of own.slice(0, -PREVIEW_LIMITS.ticketsPerCaller)) this.#tickets.delete(id)
    for (const [id] of [...this.#tickets].slice(0, -1)) {
      const entries = [...this.#tickets.values()].reduce((sum, one) => sum + one.previewed.manifest.entries.length, 0)
      if (this.#tickets.size <= PREVIEW_LIMITS.tickets && entries <= PREVIEW_LIMITS.ticketEntries) return
      this.#tickets.delete(id)
    }
  }

  #forget(is: (ticket: Ticket) => boolean): void {
    for (const [id, ticket] of this.#tickets) if (is(ticket)) this.#tickets.delete(id)
  }
}
