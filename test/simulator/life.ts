import { seededRng } from '../support/test-mesh.ts'
import type { Simulation } from './simulation.ts'
import type { Machine } from './state.ts'
import { change } from './steps.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND

/** How often something happens by itself, in the whole mesh. */
const RETURNS_MS = 40 * SECOND
const FALLS_SILENT_MS = 90 * SECOND
const DRIFTS_MS = 70 * SECOND

/** Sites whose lines are cut, in turn: since when, by the story's beginning, and until when. A window shows a site as cut off when nothing was heard of it for a quarter of an hour. */
const CUTS: readonly { readonly site: string; readonly fromMs: number; readonly untilMs: number }[] = [
  { site: 'cape-town', fromMs: 1 * MINUTE, untilMs: 45 * MINUTE },
  { site: 'lima', fromMs: 40 * MINUTE, untilMs: 66 * MINUTE },
  { site: 'depot-north', fromMs: 60 * MINUTE, untilMs: 85 * MINUTE },
]

/** What happens to hosts and lines that no release has to do with. */
export class Life {
  readonly #simulation: Simulation
  readonly #random: () => number
  readonly #begunMs: number

  constructor(simulation: Simulation, init: { readonly seed: number; readonly begunMs: number }) {
    this.#simulation = simulation
    this.#random = seededRng(init.seed ^ 0x11fe)
    this.#begunMs = init.begunMs
  }

  advance(nowMs: number, dtMs: number): void {
    const sinceMs = nowMs - this.#begunMs
    for (const { site, fromMs, untilMs } of CUTS) {
      const place = this.#simulation.places.find((one) => one.site.name === site)
      if (place !== undefined) this.#simulation.cut(place, sinceMs >= fromMs && sinceMs < untilMs)
    }
    if (this.#chance(RETURNS_MS, dtMs)) this.#return()
    if (this.#chance(FALLS_SILENT_MS, dtMs)) this.#fallSilent()
    if (this.#chance(DRIFTS_MS, dtMs)) this.#drift(nowMs)
  }

  #chance(everyMs: number, dtMs: number): boolean {
    return this.#random() < dtMs / everyMs
  }

  #pick(fits: (machine: Machine) => boolean): Machine | undefined {
    const { machines } = this.#simulation
    for (let tries = 0; tries < 2000; tries++) {
      const machine = machines[Math.floor(this.#random() * machines.length)]
      if (machine !== undefined && machine.works.length > 0 && fits(machine)) return machine
    }
    return undefined
  }

  #return(): void {
    const machine = this.#pick(({ silent, enrolled }) => silent && !enrolled.host.mute)
    if (machine !== undefined) this.#simulation.wake(machine)
  }

  #fallSilent(): void {
    const machine = this.#pick(({ silent, place }) => !silent && !place.cut)
    if (machine !== undefined) this.#simulation.sleep(machine)
  }

  /** Somebody edits a file; it is noticed, and put right again. */
  #drift(nowMs: number): void {
    const machine = this.#pick(({ silent, works }) => !silent && works.some(({ status }) => status.state === 'settled'))
    const work = machine?.works.find(({ status }) => status.state === 'settled')
    if (work === undefined) return
    const { channel, sequence } = work.status
    const paths = 1 + Math.floor(this.#random() * 3)
    const message = `${paths} paths are not what release ${sequence} put there; \`shoal verify --channel ${channel}\` lists them`
    change(work, { state: 'drifted', proved: false, error: { code: 'DRIFT_FOUND', message } })
    this.#simulation.later(nowMs + (2 + this.#random() * 10) * MINUTE, () => {
      if (work.status.state === 'drifted' && work.status.sequence === sequence) {
        change(work, { state: 'settled', proved: true, error: undefined })
      }
    })
  }
}
