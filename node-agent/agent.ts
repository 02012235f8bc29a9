import manifest from '../package.json' with { type: 'json' }
import { type ChannelName, type PeerKey, ShoalError, type ShoalRecord } from '../protocol/index.ts'
import type { ControlHandlers } from '../protocol/control/index.ts'
import { createAddressStore } from './address-store.ts'
import { type Announcer, createAnnouncer } from './announce/index.ts'
import type { Agent, AgentInit } from './cli/seams.ts'
import { keepCollecting } from './collect/index.ts'
import { createControlServer } from './control/index.ts'
import { Core } from './core.ts'
import { createDeltaChains, OfferChains } from './delta/index.ts'
import { createFetcher, type MeshFetcher } from './fetch/index.ts'
import { limitAllocator } from './fs/index.ts'
import { knownDeltas, makeAskedDelta } from './handlers/deltas.ts'
import { createHandlers, type LiveParts } from './handlers/index.ts'
import { connectedPeers, type LinksDeps, linksView, ownLinks } from './handlers/links.ts'
import { Journal, SwitchJournal } from './journal/index.ts'
import type { Component } from './lifecycle/index.ts'
import { Ledger, LinkLimiter } from './limits/index.ts'
import { createChunks } from './local-content.ts'
import { createNet, type Net } from './net/index.ts'
import { TargetPipelines } from './pipeline/index.ts'
import type { FolderTable } from './preview/index.ts'
import { Reporter } from './report/reporter.ts'
import type { LocalChunks } from './store/index.ts'
import { Views } from './views/index.ts'
import { Traffic } from './traffic/index.ts'

/** Where an agent listens when neither the command line nor the config says. */
const DEFAULT_LISTEN = ['/ip4/0.0.0.0/tcp/0']

/** A whole agent, not yet started. */
export const createAgent = (init: AgentInit): Agent => new ShoalAgent(init)

/** Everything that exists while the agent runs, in the order in which it was started. */
interface Parts {
  readonly core: Core
  readonly net: Net
  readonly announcer: Announcer
  readonly handlers: ControlHandlers
}

interface PipelineParts {
  readonly chunks: LocalChunks
  readonly fetcher: MeshFetcher
  readonly limits: LinkLimiter
}

class ShoalAgent implements Agent {
  readonly failure: Promise<Error>
  readonly #init: AgentInit
  readonly #fail: (err: Error) => void
  #parts: Parts | undefined
  #running: AsyncDisposable | undefined
  #starting: Promise<void> | undefined

  constructor(init: AgentInit) {
    this.#init = init
    const { promise, resolve } = Promise.withResolvers<Error>()
    this.failure = promise
    this.#fail = resolve
  }

  get handlers(): ControlHandlers {
    if (this.#parts === undefined) throw new ShoalError('AGENT_UNREACHABLE', 'the agent is not running')
    return this.#parts.handlers
  }

  get folders(): FolderTable {
    if (this.#parts === undefined) throw new ShoalError('AGENT_UNREACHABLE', 'the agent is not running')
    return this.#parts.core.folders
  }

  peerId(): string {
    return this.#parts?.net.peerId ?? ''
  }

  addresses(): readonly string[] {
    return this.#parts?.net.addresses() ?? []
  }

  start(): Promise<void> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  async stop(): Promise<void> {
    await this.#starting?.catch(() => undefined)
    const running = this.#running
    this.#running = undefined
    this.#parts = undefined
    this.#starting = undefined
    await running?.[Symbol.asyncDispose]()
  }

  /** Order matters: recovery is finished before any peer can reach this host, and the control socket serves last. */
  async #start(): Promise<void> {
    limitAllocator()
    await using stack = new AsyncDisposableStack()
    const core = await Core.open(this.#init)
    stack.defer(() => core.close())
    const { clock, log, config } = this.#init
    const { book, hostKey, identity } = core.mesh
    const chunks = createChunks(core)
    for (const manifest of await core.published()) await chunks.addWhole(manifest)
    for (const manifest of await core.imported()) await chunks.addPart(manifest)
    const rng = Math.random
    const listen = this.#init.listen.length > 0 ? this.#init.listen : config.listen
    const net = createNet(
      { book, addressBook: createAddressStore(core.store), clock, log, rng },
      {
        privateKey: hostKey.seed,
        mesh: identity.mesh,
        listen: listen.length > 0 ? listen : DEFAULT_LISTEN,
        bootstrap: [...this.#init.bootstrap, ...config.bootstrap, ...identity.bootstrap],
        mdns: config.mdns,
        relay: config.relay,
        paced: config.pace,
        transport: 'tcp',
      },
    )
    const announcer = createAnnouncer({ net, book, clock, log, rng }, { mesh: identity.mesh })
    const ledger = new Ledger({ store: core.store, clock, log })
    const limits = new LinkLimiter({ clock, ledger }, config)
    const traffic = new Traffic()
    const fetcher = createFetcher({
      net,
      source: chunks,
      limits,
      traffic,
      publishes: (peer, channel) => publishedFrom(core, peer, channel),
      clock,
      log,
      rng,
      site: () => book.member(core.mesh.peer)?.site,
    })
    const publish = async (record: ShoalRecord): Promise<void> => {
      await core.keep(record)
      await announcer.publish(record)
    }
    const offers = new OfferChains({
      net,
      log,
      known: () => knownDeltas(core),
      make: (from, to, signal) => makeAskedDelta({ core, chunks }, from, to, signal),
    })
    const reporter = this.#reporter(core, net, publish)
    const pipelines = this.#pipelines({ core, chunks, fetcher, limits, net }, reporter)
    const links: LinksDeps = { net, limits, traffic, book, releases: () => releasesOf(core) }
    const live: LiveParts = {
      addresses: () => net.addresses(),
      connected: () => connectedPeers(links),
      links: (connected) => linksView(links, connected),
      own: (channel) => reporter.get(channel),
      publishing: async (channel) => {
        if (!publishedFrom(core, core.mesh.peer, channel)) await reporter.publishNow()
      },
      reach: () => net.reach(),
      announce: (record) => announcer.publish(record),
      retry: (channel) => pipelines.retry(channel),
      consent: (channel) => pipelines.consent(channel),
      renew: (channel) => pipelines.renew(channel),
      onChange: (listener) => book.onNew(listener),
    }
    const views = new Views({
      mesh: () => core.mesh,
      store: core.store,
      clock,
      own: (channel) => reporter.get(channel),
      connected: () => live.connected(),
      links: () => ownLinks(links),
    })
    const looking = background((signal) => views.run(signal), this.#fail)
    const handlers = createHandlers({ core, live, chunks, views })
    const control = createControlServer({ handlers, log }, { home: this.#init.home })
    const collecting = background((signal) => keepCollecting(core, chunks, signal), this.#fail)
    stack.defer(net.onAddresses(() => reporter.addressesChanged()))
    const reporting = background((signal) => reporter.run(signal), this.#fail)
    for (const component of [
      ledger,
      pipelines.preparation,
      announcer,
      fetcher,
      offers,
      net,
      pipelines,
      reporting,
      collecting,
      looking,
      control,
    ]) {
      stack.defer(() => component.stop())
      await component.start()
    }
    this.#parts = { core, net, announcer, handlers }
    this.#running = stack.move()
  }

  #reporter(core: Core, net: Net, publish: (record: ShoalRecord) => Promise<void>): Reporter {
    const { book, hostKey, identity, peer } = core.mesh
    return new Reporter(
      {
        clock: this.#init.clock,
        last: () => {
          const record = book.get(`status/${peer}`)
          return record?.kind === 'status' ? record : undefined
        },
        self: () => book.member(peer),
        addresses: () => net.addresses(),
        publishes: () => core.publishes(),
        links: () => ownLinks({ net }),
        publish,
      },
      { mesh: identity.mesh, hostKey, agentVersion: manifest.version, intervalMs: this.#init.config.statusIntervalMs },
    )
  }

  #pipelines(
    { core, chunks, fetcher, limits, net }: Pick<Parts, 'core' | 'net'> & PipelineParts,
    reporter: Reporter,
  ): TargetPipelines {
    const { clock, log, config, home } = this.#init
    return new TargetPipelines(
      {
        store: core.store,
        journal: new Journal({ store: core.store }),
        switches: new SwitchJournal({ store: core.store }),
        book: core.mesh.book,
        manifests: core.manifests,
        live: core.live,
        chunks,
        packs: core.packs,
        fetcher,
        chains: createDeltaChains({ net, clock, log }),
        limits,
        rollouts: core.mesh.rollouts,
        self: core.mesh.peer,
        uplink: () => limits.uplinkClass(net.peers()),
        neighbours: () => net.peers().flatMap(({ peer, sameSite }) => (sameSite ? [peer] : [])),
        clock,
        log,
        report: (status) => reporter.set(status),
      },
      {
        targets: core.targets,
        actions: config.actions,
        home,
        forget: (channel) => reporter.remove(channel),
        fail: this.#fail,
      },
    )
  }
}

/** A member says that the newest release of a channel was published from there. */
function publishedFrom({ mesh }: Core, peer: PeerKey, channel: ChannelName): boolean {
  const record = mesh.book.get(`status/${peer}`)
  return record?.kind === 'status' && record.body.publishes?.includes(channel) === true
}

/** Newest releases of the channels that this host has as targets. */
const releasesOf = ({ targets, mesh }: Core): { readonly channel: string; readonly sequence: number }[] =>
  targets.list().flatMap(({ channel }) => {
    const head = mesh.book.head(channel)
    return head === undefined ? [] : [{ channel, sequence: head.version }]
  })

/** A loop that runs until it is stopped; when it ends by itself, the agent cannot go on. */
function background(run: (signal: AbortSignal) => Promise<void>, fail: (err: Error) => void): Component {
  let abort: AbortController | undefined
  let running: Promise<void> = Promise.resolve()
  return {
    start: async () => {
      const started = new AbortController()
      abort = started
      running = run(started.signal).catch((err: unknown) => {
        if (!started.signal.aborted) fail(err instanceof Error ? err : new Error(String(err)))
      })
    },
    stop: async () => {
      abort?.abort()
      await running
    },
  }
}
