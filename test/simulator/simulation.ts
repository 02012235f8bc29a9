import { type ChannelStatus, type RecordOf, type ShoalRecord } from '../../protocol/index.ts'
import type { RolloutState } from '../../protocol/rollout/index.ts'
import type { MeshPart } from '../../node-agent/core.ts'
import { seededRng } from '../support/test-mesh.ts'
import { newPlace, newWork, oldStatus } from './beginning.ts'
import type { Enrolled } from './enrol.ts'
import { LazyRecord } from './lazy-record.ts'
import { Topology } from './links.ts'
import { type NeedSources, needsOf } from './needs.ts'
import type { SaidBook } from './said-book.ts'
import type { ChannelState, Machine, Place, Work } from './state.ts'
import { hurry, learn, step, tellProgress, type StepContext } from './steps.ts'
import type { World } from './world.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
/** As real hosts: progress alone is told this seldom, and nothing new at all this seldom. */
const PROGRESS_MS = 30 * SECOND
const REPEAT_MS = 5 * MINUTE
/** Gates are looked at this often when no record came. */
const GATES_MS = 10 * SECOND
/** Of the past it is seen in less detail. */
const PAST_GATES_MS = 30 * SECOND
/** A host that has nothing new to say is asked every so many steps whether it is time to repeat itself. */
const TURNS = 8

export interface SimulationDeps {
  readonly mesh: Pick<MeshPart, 'identity' | 'rollouts' | 'book'>
  readonly said: SaidBook
  readonly needs: NeedSources
}

export interface SimulationInit {
  readonly world: World
  readonly enrolled: readonly Enrolled[]
  readonly seed: number
}

/**
 * Hosts that take releases as real ones do: they learn of them by gossip, share what crosses their site's line, wait for their wave, commit, settle, fail and
 * fall silent. The rules of rollouts are the real ones, over the real book.
 */
export class Simulation {
  readonly places: readonly Place[]
  readonly topology: Topology
  readonly #deps: SimulationDeps
  readonly #random: () => number
  readonly #machines: Machine[] = []
  readonly #channels = new Map<string, ChannelState>()
  #later: { readonly atMs: number; readonly act: () => void }[] = []
  #nowMs = 0
  #gatesMs = 0
  #revision = 0
  #version = 0
  #turn = 0
  #news = false

  constructor(deps: SimulationDeps, { world, enrolled, seed }: SimulationInit) {
    this.#deps = deps
    this.#random = seededRng(seed ^ 0x51a)
    const places = new Map(world.sites.map((site) => [site.name, newPlace(site)]))
    this.places = [...places.values()]
    for (const one of enrolled) {
      const place = places.get(one.host.site.name)
      if (place === undefined) continue
      const silent = one.host.silentMs !== undefined || one.host.mute
      const machine: Machine = { enrolled: one, place, works: [], silent, saidMs: 0, dirty: false, out: false }
      place.machines.push(machine)
      this.#machines.push(machine)
    }
    this.topology = new Topology(this.places)
    deps.mesh.book.onNew((record) => this.#hear(record))
  }

  get machines(): readonly Machine[] {
    return this.#machines
  }

  get nowMs(): number {
    return this.#nowMs
  }

  /** Every host is at its channels' newest releases, and has said so. Those that are silent said it when they were last heard. */
  async begin(nowMs: number): Promise<void> {
    this.#nowMs = nowMs
    await this.#readChannels()
    const past = new Map<string, readonly RecordOf<'head'>[]>()
    for (const machine of this.#machines) {
      const { host } = machine.enrolled
      const saidMs =
        host.silentMs === undefined ? nowMs - Math.floor(this.#random() * REPEAT_MS) : nowMs - host.silentMs
      for (const channel of host.channels) {
        const heads = past.get(channel) ?? (await this.#deps.mesh.book.heads(channel))
        past.set(channel, heads)
        const status = oldStatus(heads, saidMs, this.#random)
        if (status !== undefined) machine.works.push(newWork(machine, channel, status))
      }
      if (!host.mute) this.#say(machine, saidMs)
    }
  }

  /** Goes on to a later moment. */
  async advance(toMs: number): Promise<void> {
    const dtMs = toMs - this.#nowMs
    this.#nowMs = toMs
    if (this.#news || toMs - this.#gatesMs >= (dtMs > SECOND ? PAST_GATES_MS : GATES_MS)) await this.#readChannels()
    const due = this.#later.filter(({ atMs }) => atMs <= toMs)
    if (due.length > 0) this.#later = this.#later.filter(({ atMs }) => atMs > toMs)
    for (const { act } of due) act()
    const context: StepContext = {
      nowMs: toMs,
      dtMs,
      random: this.#random,
      channel: (name) => this.#channels.get(name),
      later: (atMs, act) => this.later(atMs, act),
    }
    for (const place of this.places) this.#advancePlace(place, context)
    this.#turn = (this.#turn + 1) % TURNS
    for (let i = this.#turn; i < this.#machines.length; i += TURNS) {
      const machine = this.#machines[i]
      if (machine !== undefined) this.#speak(machine)
    }
  }

  later(atMs: number, act: () => void): void {
    this.#later.push({ atMs, act })
  }

  /** Everybody who has something to say says it in words of somebody else: for measuring. */
  sayAll(wordOf: (work: Work) => ChannelStatus): void {
    for (const machine of this.#machines) {
      if (machine.works.length > 0) this.#say(machine, this.#nowMs, machine.works.map(wordOf))
    }
  }

  /** A machine is there again, and looks at what it has missed. */
  wake(machine: Machine): void {
    machine.silent = false
    hurry(machine)
    for (const work of machine.works) learn(work, { nowMs: this.#nowMs, random: this.#random })
  }

  /** Cuts a site's line, or joins it again: whoever hears of the mesh again has everything to look at. */
  cut(place: Place, cut: boolean): void {
    if (place.cut === cut) return
    place.cut = cut
    if (!cut) for (const machine of place.machines) if (!machine.silent) this.wake(machine)
  }

  sleep(machine: Machine): void {
    machine.silent = true
  }

  #hear(record: ShoalRecord): void {
    if (record.kind === 'head' || record.kind === 'control') this.#news = true
    if (record.kind === 'retry') this.#retry(record)
    if (record.kind === 'revocation' || record.kind === 'grant') this.#readMembers()
  }

  #readMembers(): void {
    const { book } = this.#deps.mesh
    for (const machine of this.#machines) machine.out = book.member(machine.enrolled.peer) === undefined
  }

  #retry({ key }: RecordOf<'retry'>): void {
    const at = key.lastIndexOf('.')
    const [channel, peer] = [key.slice(0, at), key.slice(at + 1)]
    const machine = this.#machines.find(({ enrolled }) => enrolled.peer === peer)
    const work = machine?.works.find((one) => one.channel === channel)
    if (work === undefined) return
    work.retried = true
    learn(work, { nowMs: this.#nowMs, random: this.#random })
  }

  async #readChannels(): Promise<void> {
    const { book, rollouts } = this.#deps.mesh
    this.#gatesMs = this.#nowMs
    const news = this.#news
    this.#news = false
    for (const head of book.all('head')) {
      // Without waves nothing changes by itself.
      if (!news && head.body.rollout === undefined && this.#channels.has(head.key)) continue
      const rollout = await rollouts.readable(head.key)
      if (rollout === undefined) continue
      const before = this.#channels.get(head.key)
      const isNew = before?.head.id !== head.id
      const needs = isNew ? await needsOf(head, this.#deps.needs) : before.needs
      const moved = isNew || turnsOf(before.rollout) !== turnsOf(rollout)
      const revision = moved ? ++this.#revision : before.revision
      this.#channels.set(head.key, { head, rollout, revision, needs })
      if (!isNew) continue
      for (const { shares } of this.places) {
        for (const share of shares.keys()) if (share.startsWith(`${head.key} `)) shares.delete(share)
      }
      for (const machine of this.#machines) {
        for (const work of machine.works)
          if (work.channel === head.key && !machine.silent) learn(work, { nowMs: this.#nowMs, random: this.#random })
      }
    }
  }

  #advancePlace(place: Place, context: StepContext): void {
    place.inRate = 0
    place.fromConsoleRate = 0
    if (place.cut) return
    const crossing = new Set<string>()
    for (const [key, share] of place.shares) if (share.crossed < share.need) crossing.add(key)
    for (const key of crossing) {
      const share = place.shares.get(key)
      if (share === undefined) continue
      const bytes = Math.min(share.need - share.crossed, (place.site.lineBytes * context.dtMs) / SECOND / crossing.size)
      share.crossed += bytes
      const rate = (bytes * SECOND) / context.dtMs
      place.inRate += rate
      place.fromConsoleRate += rate * share.fromPublisher
    }
    let active = 0
    for (const { phase } of place.active) if (phase === 'fetching') active++
    place.fetching = active
    for (const work of place.active) if (!work.machine.silent) step(work, context)
    for (const machine of place.speaking) this.#speak(machine)
    place.speaking.clear()
  }

  #speak(machine: Machine): void {
    if (machine.silent || machine.place.cut || machine.works.length === 0) return
    const quietMs = this.#nowMs - machine.saidMs
    const moving = machine.works.some(({ phase }) => phase === 'fetching')
    if (machine.dirty || quietMs >= (moving ? PROGRESS_MS : REPEAT_MS)) this.#say(machine, this.#nowMs)
  }

  #say(machine: Machine, atMs: number, words?: readonly ChannelStatus[]): void {
    const { enrolled, works } = machine
    const { identity } = this.#deps.mesh
    machine.saidMs = atMs
    machine.dirty = false
    const { key, peer } = enrolled
    if (machine.out) return
    for (const work of works) tellProgress(work)
    const body = {
      ...enrolled.names,
      atMs,
      agentVersion: '0.1.0',
      addresses: enrolled.addresses,
      channels: words ?? works.map(({ status }) => status),
      links: this.topology.report(machine, atMs),
    }
    const init = { mesh: identity.mesh, kind: 'status', key: peer, version: ++this.#version, body } as const
    this.#deps.said.say(new LazyRecord(init, [key]))
  }
}

/** Whose turn it is, as text. */
const turnsOf = ({ open, paused }: RolloutState): string =>
  `${open} ${paused?.fromWave} ${paused?.atMs} ${paused?.message}`
