import { rm } from 'node:fs/promises'
import { createControlServer } from '../../node-agent/control/index.ts'
import { createHandlers, type LiveParts } from '../../node-agent/handlers/index.ts'
import { createLogger, systemClock } from '../../node-agent/lifecycle/index.ts'
import { createChunks } from '../../node-agent/local-content.ts'
import { Reporter } from '../../node-agent/report/reporter.ts'
import { Rollouts } from '../../node-agent/rollout/index.ts'
import { Views } from '../../node-agent/views/index.ts'
import { Churn } from './churn.ts'
import { SimulatedClock } from './clock.ts'
import { Colleague } from './colleague.ts'
import { standOnDoorstep } from './doorstep.ts'
import { enrolWorld } from './enrol.ts'
import { History, WAVES } from './history.ts'
import { makeHome, type SimulatedHome } from './home.ts'
import { Life } from './life.ts'
import { ownReport, simulatedLive } from './live.ts'
import type { NeedSources } from './needs.ts'
import { saidBook } from './said-book.ts'
import { Simulation } from './simulation.ts'
import { CHANNELS, makeWorld, type WorldInit } from './world.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
/** The simulation goes on in steps of so long; its past in longer ones. */
const TICK_MS = 250
const PAST_TICK_MS = 2 * SECOND
/** The past is looked at this often, and its end more often. */
const PAST_LOOK_MS = 2 * MINUTE
const END_LOOK_MS = 20 * SECOND
const END_MS = 4 * MINUTE
/** So long before the window is opened the rollout was published, at most. */
const PAST_MS = 32 * MINUTE
/** So long ago a colleague spoke. */
const COLLEAGUE_MS = 25 * 60 * MINUTE
/** So long before, its largest wave was let go. */
const PROMOTED_MS = 100 * SECOND
/** And the hosts were seen for the first time. */
const LEAD_MS = 3 * MINUTE
export interface SimulatorInit extends WorldInit {
  /** How often in a second every host says a word; 0: as real hosts do. */
  readonly changes: number
  /** Everything stands still at this moment, so that the same seed shows the same; undefined: it goes on with the machine's time. */
  readonly atMs?: number | undefined
  readonly note: (line: string) => void
  readonly signal: AbortSignal
}

/** A simulated mesh behind the real control API. */
export interface Simulator extends AsyncDisposable {
  /** Home whose control socket is served. */
  readonly home: string
  /** Folders that can be published. */
  readonly builds: string
  readonly simulation: Simulation
  /** Resolves with the reason when it cannot go on. */
  readonly failure: Promise<Error>
}

/** Makes the mesh and its past, serves it, and lets it go on until it is disposed. */
export async function startSimulator(init: SimulatorInit): Promise<Simulator> {
  await using stack = new AsyncDisposableStack()
  const startMs = endOf(init)
  const clock = new SimulatedClock(startMs - 400 * 24 * 60 * MINUTE)
  const log = createLogger({ level: 'warn', json: false, clock: systemClock, write: (line) => init.note(line.trim()) })
  const home = await makeHome(clock, log, init.seed)
  stack.defer(() => rm(home.folder, { recursive: true, force: true }))
  stack.defer(() => home.core.close())
  const parts = compose(home, clock)
  init.note('publishing the past…')
  await parts.history.publishPast(startMs)
  clock.wind(startMs - COLLEAGUE_MS)
  await parts.colleague.resume(CHANNELS.baseConfig, 'The sites are awake again')
  init.note(`enrolling ${init.hosts} hosts in ${init.sites} sites…`)
  clock.wind(startMs - PAST_MS - LEAD_MS)
  const world = makeWorld(init)
  standOnDoorstep(home.core, home.enroller, init.seed)
  const enrolled = enrolWorld(home.core, home.enroller, world, init.seed)
  const simulation = new Simulation(parts, { world, enrolled, seed: init.seed })
  parts.run(simulation)
  init.note('simulating the last half hour…')
  await livePast(init, clock, parts, simulation, startMs)
  if (init.atMs === undefined) clock.release()
  await parts.history.changeAll()
  const control = createControlServer({ handlers: parts.handlers, log }, { home: home.core.init.home })
  stack.defer(() => control.stop())
  await control.start()
  const { promise: failure, resolve: fail } = Promise.withResolvers<Error>()
  const stopping = new AbortController()
  const running = [
    parts.views.run(stopping.signal),
    reporterOf(home, parts.live, clock).run(stopping.signal),
    ...(init.atMs === undefined ? [keepLiving(parts.lifeOf(simulation, init.seed), simulation, stopping.signal)] : []),
    ...(init.changes > 0 ? [keepChanging(simulation, init, stopping.signal)] : []),
  ].map((loop) =>
    loop.catch((err: unknown) => {
      if (!stopping.signal.aborted) fail(err instanceof Error ? err : new Error(String(err)))
    }),
  )
  stack.defer(async () => {
    stopping.abort()
    await Promise.all(running)
  })
  const held = stack.move()
  return {
    home: home.core.init.home,
    builds: home.builds,
    simulation,
    failure,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

type Parts = ReturnType<typeof compose>

/** The agent's own parts over the home, with simulated members in the place of a network. */
function compose({ core, builds, colleague }: SimulatedHome, clock: SimulatedClock) {
  const said = saidBook(core.mesh.book)
  const mesh = { ...core.mesh, book: said.book, rollouts: new Rollouts({ store: core.store, book: said.book, clock }) }
  let simulation: Simulation | undefined
  let life: Life | undefined
  const live = simulatedLive({ mesh, simulation: () => simulation })
  const views = new Views({
    mesh: () => mesh,
    store: core.store,
    clock,
    own: () => undefined,
    connected: () => live.connected(),
    links: () => ownReport(live.connected()),
  })
  const handlers = createHandlers({ core, live, chunks: createChunks(core), views })
  const needs: NeedSources = {
    heads: (channel) => mesh.book.heads(channel),
    manifest: (id) => core.manifests.load(id),
  }
  return {
    live,
    needs,
    said,
    mesh,
    views,
    handlers,
    colleague: new Colleague(core, colleague),
    history: new History({ handlers, clock, builds }),
    run: (one: Simulation): void => void (simulation = one),
    lifeOf: (one: Simulation, seed: number): Life => (life ??= new Life(one, { seed, begunMs: one.nowMs })),
  }
}

/** What this machine itself says: that releases come from here. */
function reporterOf({ core }: SimulatedHome, live: LiveParts, clock: SimulatedClock): Reporter {
  const { book, hostKey, identity, peer } = core.mesh
  return new Reporter(
    {
      clock,
      last: () => {
        const record = book.get(`status/${peer}`)
        return record?.kind === 'status' ? record : undefined
      },
      self: () => book.member(peer),
      addresses: () => live.addresses(),
      links: () => ownReport(live.connected()),
      publishes: () => core.publishes(),
      publish: (record) => core.keep(record),
    },
    { mesh: identity.mesh, hostKey, agentVersion: '0.1.0', intervalMs: core.init.config.statusIntervalMs },
  )
}

/** Where the past ends: at a given moment, or now. */
const endOf = ({ atMs }: Pick<SimulatorInit, 'atMs'>): number => atMs ?? systemClock.now()

/** The rollout is published, and goes on until enough of it is there to look at. */
async function livePast(
  init: SimulatorInit,
  clock: SimulatedClock,
  parts: Parts,
  simulation: Simulation,
  startMs: number,
): Promise<void> {
  await simulation.begin(clock.now())
  await parts.views.ready()
  const life = parts.lifeOf(simulation, init.seed)
  let [published, promoted, lookMs] = [false, false, 0]
  for (;;) {
    init.signal.throwIfAborted()
    const nowMs = clock.now()
    if (!published && nowMs >= startMs - PAST_MS) {
      published = true
      await parts.history.publish(CHANNELS.web, 'Rank by distance', WAVES)
    }
    if (!promoted && endOf(init) - nowMs <= PROMOTED_MS) {
      promoted = true
      await parts.colleague.promote(CHANNELS.web, 3, 'A fifth of all is well')
    }
    if (nowMs - lookMs >= (endOf(init) - nowMs < END_MS ? END_LOOK_MS : PAST_LOOK_MS)) {
      lookMs = nowMs
      await parts.views.look()
    }
    // What was made up took a while itself.
    if (nowMs >= endOf(init)) return
    clock.wind(Math.min(nowMs + PAST_TICK_MS, endOf(init)))
    life.advance(clock.now(), PAST_TICK_MS)
    await simulation.advance(clock.now())
  }
}

async function keepLiving(life: Life, simulation: Simulation, signal: AbortSignal): Promise<void> {
  for (;;) {
    await systemClock.sleep(TICK_MS, { signal })
    const nowMs = systemClock.now()
    life.advance(nowMs, nowMs - simulation.nowMs)
    await simulation.advance(nowMs)
  }
}

/** Every host says something else so many times a second; whoever is late leaves some out. */
async function keepChanging(
  simulation: Simulation,
  { changes, seed }: SimulatorInit,
  signal: AbortSignal,
): Promise<void> {
  const churn = new Churn(seed)
  const everyMs = SECOND / changes
  for (let dueMs = systemClock.monotonic(); ; dueMs = Math.max(dueMs + everyMs, systemClock.monotonic())) {
    await systemClock.sleep(Math.max(1, dueMs - systemClock.monotonic()), { signal })
    simulation.sayAll((work) => churn.word(work))
  }
}
