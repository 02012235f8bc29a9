import {
  type Digest,
  isShoalError,
  type Member,
  type PeerKey,
  publisherRole,
  type RecordKind,
  type RecordOf,
} from '../../protocol/index.ts'
import {
  channelOfControl,
  type CompiledRollout,
  compileRollout,
  evaluateRollout,
  type Hold,
  holdOf,
  type RolloutHost,
  type RolloutState,
  type Selected,
  wordOf,
} from '../../protocol/rollout/index.ts'
import type { RecordBook, Store } from '../store/index.ts'
import { type Opened, openedTo, readOpened, writeOpened } from './opened.ts'

export interface RolloutsDeps {
  readonly store: Store
  readonly book: RecordBook
  readonly clock: { now(): number }
}

/** An evaluation is made again after this even if no record came: words grow old. */
const RECHECK_MS = 10_000
/** Records that change neither who is a member nor who may speak. */
const PASSING: ReadonlySet<RecordKind> = new Set(['head', 'status', 'control', 'retry'])

interface Kept {
  readonly state: RolloutState
  readonly revision: number
  readonly atMs: number
}

/** How releases spread, by the records that this node keeps; remembers what it has seen open. */
export class Rollouts {
  readonly #deps: RolloutsDeps
  readonly #opened = new Map<string, Opened>()
  readonly #kept = new Map<string, Kept>()
  readonly #compiled = new Map<string, { readonly head: Digest; readonly rollout: CompiledRollout }>()
  #revision = 0
  #members: readonly Member[] | undefined

  constructor(deps: RolloutsDeps) {
    this.#deps = deps
    deps.book.onNew(({ kind }) => {
      this.#revision++
      if (PASSING.has(kind)) return
      this.#members = undefined
      this.#compiled.clear()
    })
  }

  /** Every host that has a channel as its target, and every member that has never reported. */
  hosts(channel: string): readonly RolloutHost[] {
    const { book } = this.#deps
    this.#members ??= [...book.members()]
    const hosts: RolloutHost[] = []
    for (const { peer, host, site, labels } of this.#members) {
      const status = book.get(`status/${peer}`)
      const word = status?.kind === 'status' ? wordOf(status, channel) : undefined
      if (word !== undefined || status === undefined) hosts.push({ host, site, labels, word })
    }
    return hosts
  }

  /** Hosts that said that they have a channel as their target. */
  targets(channel: string): readonly RolloutHost[] {
    return this.hosts(channel).filter(({ word }) => word !== undefined)
  }

  /** Words on a channel of publishers who may speak of it by now. */
  controls(channel: string): readonly RecordOf<'control'>[] {
    const { book } = this.#deps
    const keys = book.root === undefined ? [] : (publisherRole(book.root, channel)?.keys ?? [])
    return keys.flatMap((key) => {
      const record = book.get(`control/${channel}.${key}`)
      return record?.kind === 'control' && channelOfControl(record.key) === channel ? [record] : []
    })
  }

  /**
   * How a channel's newest release spreads; undefined without one.
   * @throws WAVE_INVALID when this version cannot read its waves
   */
  async state(channel: string): Promise<RolloutState | undefined> {
    const head = this.#deps.book.head(channel)
    if (head === undefined) return undefined
    const before = await this.#openedOf(head)
    const opened = before.open
    const [revision, atMs] = [this.#revision, this.#deps.clock.now()]
    const hosts = this.hosts(channel)
    const controls = this.controls(channel)
    const state = evaluateRollout({ head, controls, hosts, opened, nowMs: atMs, compiled: this.#compiledOf(head) })
    this.#kept.set(channel, { state, revision, atMs })
    if (state.open > opened) {
      const seen = openedTo(before, state.open, atMs)
      this.#opened.set(channel, seen)
      await writeOpened(this.#deps.store, channel, seen)
    }
    return state
  }

  /** How a channel's newest release spreads, for people; undefined without one, or when this version cannot read its waves. */
  async readable(channel: string): Promise<RolloutState | undefined> {
    try {
      return await this.state(channel)
    } catch (err) {
      if (isShoalError(err, 'WAVE_INVALID')) return undefined
      throw err
    }
  }

  /** Wave of a member in a channel's newest release; undefined without one, or when this version cannot read its waves. */
  waveOf(channel: string, member: Selected): number | undefined {
    const head = this.#deps.book.head(channel)
    try {
      return head === undefined ? undefined : this.#compiledOf(head).waveOf(member)
    } catch (err) {
      if (isShoalError(err, 'WAVE_INVALID')) return undefined
      throw err
    }
  }

  /** The waves of a head, with the wave of every host remembered until membership changes. @throws WAVE_INVALID */
  #compiledOf(head: RecordOf<'head'>): CompiledRollout {
    const known = this.#compiled.get(head.key)
    if (known?.head === head.id) return known.rollout
    const { waves, waveOf } = compileRollout(head, head.body.rollout)
    const found = new Map<string, number>()
    const remembered = (host: Selected): number => {
      const wave = found.get(host.host) ?? waveOf(host)
      found.set(host.host, wave)
      return wave
    }
    const rollout = { waves, waveOf: remembered }
    this.#compiled.set(head.key, { head: head.id, rollout })
    return rollout
  }

  /** When waves from the second on of a channel's newest release were first seen open here, by number; undefined where that is not known. */
  async seenOpen(channel: string): Promise<(wave: number) => number | undefined> {
    const head = this.#deps.book.head(channel)
    const { seenMs } = head === undefined ? { seenMs: [] } : await this.#openedOf(head)
    return (wave) => seenMs[wave - 2] ?? undefined
  }

  async #openedOf({ key, id }: RecordOf<'head'>): Promise<Opened> {
    const known = this.#opened.get(key)
    if (known?.head === id) return known
    const opened = await readOpened(this.#deps.store, key, id)
    this.#opened.set(key, opened)
    return opened
  }

  /** Whether a host's turn with a release has come; undefined when it has. */
  async hold(head: RecordOf<'head'>, peer: PeerKey): Promise<Hold | undefined> {
    const channel = head.key
    if (head.body.rollout === undefined && !this.controls(channel).some(({ body }) => body.head === head.id)) {
      return undefined
    }
    try {
      const state = await this.#recent(head)
      const member = this.#deps.book.member(peer)
      // Without a proof of what it is, no wave but the last can be this host's.
      return holdOf(state, member === undefined ? state.waves.length : state.waveOf(member))
    } catch (err) {
      if (!isShoalError(err, 'WAVE_INVALID')) throw err
      const message = `a wave of ${channel}@${head.version} cannot be read by this version of the program: ${err.message}; the live tree is untouched`
      return { code: 'WAVE_INVALID', message, mayStage: false }
    }
  }

  /** For how long hosts of a host's own wave have to be healthy before the next one goes, milliseconds; undefined when no time is asked for. */
  afterMs(head: RecordOf<'head'>, peer: PeerKey): number | undefined {
    const member = this.#deps.book.member(peer)
    if (head.body.rollout === undefined || member === undefined) return undefined
    const { waves, waveOf } = this.#compiledOf(head)
    return waves[waveOf(member) - 1]?.gates.afterMs
  }

  async #recent(head: RecordOf<'head'>): Promise<RolloutState> {
    const kept = this.#kept.get(head.key)
    const young = kept !== undefined && Math.abs(this.#deps.clock.now() - kept.atMs) < RECHECK_MS
    if (young && kept.revision === this.#revision && kept.state.head === head.id) return kept.state
    const state = await this.state(head.key)
    if (state?.head === head.id) return state
    // A newer head came meanwhile; whoever asked will learn of it.
    return evaluateRollout({ head, controls: [], hosts: [], opened: 1, nowMs: this.#deps.clock.now() })
  }
}
