import { isShoalError, type LinkClass, ShoalError } from '../../protocol/index.ts'
import type { BudgetView, LinkView } from '../../protocol/status/index.ts'
import { type ClassLimits, type HostConfig, linksOf } from '../config/index.ts'
import type { Clock } from '../lifecycle/index.ts'
import type { NetPeer } from '../net/index.ts'
import { budgetExcess, budgetLeft } from './budgets.ts'
import type { Ledger } from './ledger.ts'
import { linkClass } from './link-class.ts'
import { quietUntil } from './quiet-hours.ts'
import { TokenBucket } from './token-bucket.ts'

/** A clock that was set is noticed after this. */
const LOOK_MS = 60_000

/** As much of a peer as decides its class. */
export type LimitedPeer = Pick<NetPeer, 'sameSite' | 'relayed'>

/** Bytes that may be asked for; `why` when a limit other than the rate leaves none. */
export interface Room {
  readonly bytes: number
  readonly why: ShoalError | undefined
}

type Buckets = Readonly<Record<LinkClass, TokenBucket | undefined>>

export interface LimiterDeps {
  readonly clock: Clock
  readonly ledger: Ledger
}

/** What this host's config allows on its links: rates, quiet hours and budgets, each for all peers of a class together. */
export class LinkLimiter {
  readonly #deps: LimiterDeps
  readonly #config: Pick<HostConfig, 'metered' | 'limits'>
  readonly #down: Buckets
  readonly #up: Buckets
  #consented = new AbortController()

  constructor(deps: LimiterDeps, config: Pick<HostConfig, 'metered' | 'limits'>) {
    this.#deps = deps
    this.#config = config
    const bucket = ({ rate }: ClassLimits): TokenBucket | undefined =>
      rate === undefined ? undefined : new TokenBucket(deps.clock, rate)
    const buckets = (): Buckets => {
      const { sameSite, otherSite, relayed, metered } = config.limits
      return {
        sameSite: bucket(sameSite),
        otherSite: bucket(otherSite),
        relayed: bucket(relayed),
        metered: bucket(metered),
      }
    }
    this.#down = buckets()
    this.#up = buckets()
  }

  classOf(peer: LimitedPeer): LinkClass {
    return linkClass(peer, this.#config)
  }

  /** Class of what comes from other sites: of these members where there are any. */
  uplinkClass(peers: readonly LimitedPeer[]): LinkClass {
    const far = peers.filter(({ sameSite }) => !sameSite)
    return this.classOf({ sameSite: false, relayed: far.length > 0 && far.every(({ relayed }) => relayed) })
  }

  /**
   * What may be asked of a peer now.
   *
   * @param release what it is for; undefined for nothing that has a budget of its own
   * @param inFlight bytes asked of peers of its class already
   * @param wanted bytes that are still missing, for the message
   */
  room(peer: LimitedPeer, release: string | undefined, inFlight: number, wanted = 0): Room {
    const { ledger, clock } = this.#deps
    const link = this.classOf(peer)
    const limits = this.#config.limits[link]
    const nowMs = clock.now()
    const until = quietUntil(limits.quietHours, nowMs)
    if (until !== undefined) return { bytes: 0, why: quiet(link, until) }
    const left = budgetLeft(ledger, limits, link, release)
    if (left <= 0) {
      const want = { link, release: release ?? '', bytes: Math.max(1, wanted), nowMs }
      return { bytes: 0, why: budgetExcess(ledger, limits, want) }
    }
    const tokens = this.#down[link]?.available ?? Number.POSITIVE_INFINITY
    return { bytes: Math.min(left - inFlight, tokens), why: undefined }
  }

  /** Plain bytes were asked of a peer. */
  asked(peer: LimitedPeer, bytes: number): void {
    this.#down[this.classOf(peer)]?.take(bytes)
  }

  /** So much less than was asked for crossed the wire. */
  saved(peer: LimitedPeer, bytes: number): void {
    this.#down[this.classOf(peer)]?.giveBack(bytes)
  }

  /** Bytes of a fetch crossed the wire. */
  spend(peer: LimitedPeer, release: string | undefined, wireBytes: number): void {
    this.#deps.ledger.spend(this.classOf(peer), release, wireBytes)
  }

  /** Why a release may not cost so many bytes more over a class. */
  excess(link: LinkClass, release: string, bytes: number): ShoalError | undefined {
    const { ledger, clock } = this.#deps
    return budgetExcess(ledger, this.#config.limits[link], { link, release, bytes, nowMs: clock.now() })
  }

  /** What one class may take, and what it took since the last local midnight. */
  limitsOf(link: LinkClass): Pick<LinkView, 'limitBytesPerSecond' | 'today'> {
    const { rate, perDayBytes } = this.#config.limits[link]
    return { limitBytesPerSecond: rate ?? null, today: budgetView(this.#deps.ledger.today(link), perDayBytes) }
  }

  /** What a release took over one class, and may take; undefined where it has no budget there and took nothing. */
  budgetOf(release: string, link: LinkClass): (BudgetView & { readonly consented: boolean }) | undefined {
    const { ledger } = this.#deps
    const { perReleaseBytes } = this.#config.limits[link]
    const usedBytes = ledger.spentOn(release, link)
    if (perReleaseBytes === undefined && usedBytes === 0) return undefined
    return { ...budgetView(usedBytes, perReleaseBytes), consented: ledger.consented(release) }
  }

  /** A person lets a release exceed its budgets. Durable when it resolves. */
  async consent(release: string): Promise<void> {
    await this.#deps.ledger.consent(release)
    const before = this.#consented
    this.#consented = new AbortController()
    before.abort()
  }

  /** Waits so long, or until somebody consents. @throws CANCELLED when `signal` aborts */
  async pause(ms: number, signal: AbortSignal): Promise<void> {
    const until = AbortSignal.any([signal, this.#consented.signal])
    await this.#deps.clock.sleep(ms, { signal: until }).catch((err: unknown) => {
      if (signal.aborted || !isShoalError(err, 'CANCELLED')) throw err
    })
  }

  /** Waits out the quiet hours of a peer's class. @throws CANCELLED */
  async opened(peer: LimitedPeer, signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    const { quietHours } = this.#config.limits[this.classOf(peer)]
    for (;;) {
      const until = quietUntil(quietHours, clock.now())
      if (until === undefined) return
      await clock.sleep(Math.min(LOOK_MS, until - clock.now()), { signal, unref: true })
    }
  }

  /** Waits until bytes may be sent to a peer; undefined when its class has no rate. */
  pacer(peer: LimitedPeer, signal: AbortSignal): ((bytes: number) => Promise<void>) | undefined {
    const bucket = this.#up[this.classOf(peer)]
    if (bucket === undefined) return undefined
    return async (bytes) => {
      while (bucket.available <= 0) await this.#deps.clock.sleep(bucket.waitMs, { signal, unref: true })
      bucket.take(bytes)
    }
  }
}

const budgetView = (usedBytes: number, limitBytes: number | undefined): BudgetView => ({
  usedBytes,
  limitBytes: limitBytes ?? null,
  leftBytes: limitBytes === undefined ? null : Math.max(0, limitBytes - usedBytes),
})

const quiet = (link: LinkClass, until: number): ShoalError =>
  new ShoalError(
    'QUIET_HOURS',
    `quiet hours hold on ${linksOf(link)}; it goes on at ${new Date(until).toISOString()}. What came so far is kept, and the live tree is untouched`,
  )
