import {
  type ChannelName,
  type ChannelStatus,
  type HostState,
  isShoalError,
  type KeyPair,
  LIMITS,
  type LinkReport,
  type Member,
  type MeshId,
  type RecordOf,
  signRecord,
} from '../../protocol/index.ts'
import { RECENT_MS } from '../traffic/index.ts'

/** Changes that come within this time travel in one record. */
const GATHER_MS = 200
/** A step on the way is told after this, unless the end comes first: a small release is reported once and not six times. */
const STEP_MS = 3_000
/** While only progress changes, a host speaks at most this often: progress is for people, and every thin link of the mesh pays for it several times. */
const PROGRESS_MS = 30_000

export interface ReporterDeps {
  readonly clock: {
    now(): number
    sleep(ms: number, options?: { readonly signal?: AbortSignal; readonly unref?: boolean }): Promise<void>
  }
  /** The status this node published last, from the record store. */
  last(): RecordOf<'status'> | undefined
  /** Who this node is; undefined while its membership is not known or in quarantine. */
  self(): Member | undefined
  addresses(): readonly string[]
  /** Channels whose newest release was published from this home. */
  publishes(): Promise<readonly ChannelName[]>
  /** This host's links, rounded. They are told beside other news and repetitions, and are none by themselves (LINKS-3). */
  links(): LinkReport
  /** Keeps and announces the record. */
  publish(record: RecordOf<'status'>): Promise<void>
}

export interface ReporterInit {
  readonly mesh: MeshId
  readonly hostKey: KeyPair
  readonly agentVersion: string
  /** A host that has nothing new to say repeats its status this often. */
  readonly intervalMs: number
}

/** Gathers what the pipelines say of their channels into this host's signed status record. */
export class Reporter {
  readonly #deps: ReporterDeps
  readonly #init: ReporterInit
  readonly #channels = new Map<ChannelName, { readonly status: ChannelStatus; readonly atMs: number }>()
  /** Cuts the present pause short. */
  #wake = new AbortController()
  #dueMs = Number.POSITIVE_INFINITY
  #lastMs = 0
  /** Records are made one after another: no two of one version. */
  #publishing: Promise<void> = Promise.resolve()

  constructor(deps: ReporterDeps, init: ReporterInit) {
    this.#deps = deps
    this.#init = init
  }

  /** The channel's newest status, told or not. */
  get(channel: ChannelName): ChannelStatus | undefined {
    const told = this.#channels.get(channel)
    return told && this.#present(told)
  }

  /** A rate says nothing any more once nothing was heard of its transfer for as long as it looks back (STATUS-6). */
  #present({ status, atMs }: { readonly status: ChannelStatus; readonly atMs: number }): ChannelStatus {
    const { transfer } = status
    if (transfer === undefined || this.#deps.clock.now() - atMs <= RECENT_MS) return status
    return { ...status, transfer: { ...transfer, bytesPerSecond: 0 } }
  }

  set(status: ChannelStatus): void {
    const before = this.#channels.get(status.channel)?.status
    this.#channels.set(status.channel, { status, atMs: this.#deps.clock.now() })
    const changed =
      before === undefined ||
      before.state !== status.state ||
      before.sequence !== status.sequence ||
      before.targetSequence !== status.targetSequence ||
      before.proved !== status.proved ||
      before.provedAtMs !== status.provedAtMs ||
      before.error?.message !== status.error?.message
    if (!changed) this.#touch('progress')
    else this.#touch(isStep(status) && before?.error?.message === status.error?.message ? 'step' : 'news')
  }

  remove(channel: ChannelName): void {
    if (this.#channels.delete(channel)) this.#touch('news')
  }

  /** This host is reached at other addresses now. */
  addressesChanged(): void {
    this.#touch('news')
  }

  #touch(what: 'progress' | 'step' | 'news'): void {
    const now = this.#deps.clock.now()
    const waitMs = what === 'news' ? GATHER_MS : STEP_MS
    const due = what === 'progress' ? Math.max(now, this.#lastMs + PROGRESS_MS) : now + waitMs
    if (due >= this.#dueMs) return
    this.#dueMs = due
    this.#wake.abort()
  }

  /** Publishes until `signal` aborts; a first record at once, so that the mesh knows this host. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#deps
    this.#dueMs = clock.now()
    while (!signal.aborted) {
      const left = this.#dueMs - clock.now()
      if (left > 0) {
        this.#wake = new AbortController()
        await clock.sleep(left, { signal: AbortSignal.any([signal, this.#wake.signal]) }).catch(onlyCancelled)
        continue
      }
      this.#dueMs = clock.now() + this.#init.intervalMs
      await this.publishNow()
    }
  }

  /** Signs and publishes the status as it stands. */
  publishNow(): Promise<void> {
    const publishing = this.#publishing.then(() => this.#publish())
    this.#publishing = publishing.catch(() => undefined)
    return publishing
  }

  async #publish(): Promise<void> {
    const { clock } = this.#deps
    const publishes = await this.#deps.publishes()
    const self = this.#deps.self()
    const now = clock.now()
    this.#lastMs = now
    if (self === undefined) return
    const record = await signRecord(
      {
        mesh: this.#init.mesh,
        kind: 'status',
        key: self.peer,
        version: Math.max((this.#deps.last()?.version ?? 0) + 1, now),
        body: {
          host: self.host,
          site: self.site,
          atMs: now,
          agentVersion: this.#init.agentVersion,
          addresses: this.#deps.addresses().slice(0, LIMITS.addressesPerPeer),
          channels: [...this.#channels.values()]
            .map((told) => this.#present(told))
            .toSorted((a, b) => (a.channel < b.channel ? -1 : 1)),
          ...(publishes.length > 0 && { publishes }),
          links: this.#deps.links(),
        },
      },
      [this.#init.hostKey],
    )
    await this.#deps.publish(record)
  }
}

/** States that pass by themselves. What is live and not yet proved is about to be. */
const STEPS: ReadonlySet<HostState> = new Set(['fetching', 'staging', 'committing', 'settling'])
const isStep = ({ state, proved }: ChannelStatus): boolean => STEPS.has(state) || (state === 'settled' && !proved)

/** A pause ends early by being cancelled; anything else is an error. */
function onlyCancelled(err: unknown): void {
  if (!isShoalError(err, 'CANCELLED')) throw err
}
