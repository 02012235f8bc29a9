import { z } from 'zod'
import type { LinkClass } from '../../protocol/index.ts'
import type { Clock, Component, Logger } from '../lifecycle/index.ts'
import { readJson, type Store, writeJson } from '../store/index.ts'
import { localDay } from './quiet-hours.ts'

const KEY = 'spent'
/** Written at most this often: a crash forgets no more than what was spent in between. */
const SAVE_MS = 1_000
/** Releases whose bytes are remembered, those last spent on. */
const RELEASES = 256

const bytes = z.number().int().min(0).default(0)
const spent = z.strictObject({ sameSite: bytes, otherSite: bytes, relayed: bytes, metered: bytes })
const schema = z.strictObject({
  day: z.string(),
  today: spent,
  releases: z.array(z.tuple([z.string(), z.strictObject({ spent, consented: z.boolean() })])),
})

type Spent = Record<LinkClass, number>
interface Release {
  readonly spent: Spent
  consented: boolean
}

const nothing = (): Spent => ({ sameSite: 0, otherSite: 0, relayed: 0, metered: 0 })

export interface LedgerDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
}

/** Bytes fetched by class of link: of the host's local day, and for each release. Kept over restarts (LIMIT-6). */
export class Ledger implements Component {
  readonly #deps: LedgerDeps
  #day = ''
  #today = nothing()
  #releases = new Map<string, Release>()
  #dirty = false
  #saving: Promise<void> | undefined
  #stopped = new AbortController()

  constructor(deps: LedgerDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    this.#stopped = new AbortController()
    const { store } = this.#deps
    const kept = await readJson(store.meta, KEY)
    if (kept === undefined) return
    const { day, today, releases } = schema.parse(kept)
    this.#day = day
    this.#today = today
    this.#releases = new Map(releases)
  }

  async stop(): Promise<void> {
    this.#stopped.abort()
    await this.#saving
    if (this.#dirty) await this.#write()
  }

  /** Bytes fetched over a class since the last local midnight. */
  today(link: LinkClass): number {
    this.#turn()
    return this.#today[link]
  }

  /** Bytes fetched over a class for a release, on all days. */
  spentOn(release: string, link: LinkClass): number {
    return this.#releases.get(release)?.spent[link] ?? 0
  }

  consented(release: string): boolean {
    return this.#releases.get(release)?.consented ?? false
  }

  /** @param release undefined for what is fetched for none */
  spend(link: LinkClass, release: string | undefined, wireBytes: number): void {
    this.#turn()
    this.#today[link] += wireBytes
    if (release !== undefined) this.#entry(release).spent[link] += wireBytes
    this.#dirty = true
    this.#saving ??= this.#save().finally(() => (this.#saving = undefined))
  }

  /** A person lets a release exceed its budgets. Durable when it resolves. */
  async consent(release: string): Promise<void> {
    this.#entry(release).consented = true
    await this.#write()
  }

  #turn(): void {
    const day = localDay(this.#deps.clock.now())
    if (day === this.#day) return
    this.#day = day
    this.#today = nothing()
  }

  #entry(release: string): Release {
    const entry = this.#releases.get(release) ?? { spent: nothing(), consented: false }
    this.#releases.delete(release)
    this.#releases.set(release, entry)
    const oldest = this.#releases.size > RELEASES ? this.#releases.keys().next().value : undefined
    if (oldest !== undefined) this.#releases.delete(oldest)
    return entry
  }

  async #save(): Promise<void> {
    const { clock, log } = this.#deps
    try {
      while (this.#dirty && !this.#stopped.signal.aborted) {
        await this.#write()
        await clock.sleep(SAVE_MS, { signal: this.#stopped.signal, unref: true })
      }
    } catch (err) {
      // Written again with the next bytes, and at the end; until then the counts here are right.
      if (!this.#stopped.signal.aborted) log.warn('budget-unsaved', { reason: String(err) })
    }
  }

  #write(): Promise<void> {
    const { store } = this.#deps
    this.#dirty = false
    return writeJson(store, store.meta, KEY, { day: this.#day, today: this.#today, releases: [...this.#releases] })
  }
}
