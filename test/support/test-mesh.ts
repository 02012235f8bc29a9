import { systemClock } from '../../node-agent/lifecycle/index.ts'
import type { Clock, Logger } from '../../node-agent/lifecycle/index.ts'
import { type AddressBook, createNet, type Net, type NetInit } from '../../node-agent/net/index.ts'
import { keyPairFromSeed, type PeerKey, recordsTopic } from '../../protocol/index.ts'
import { FakeBook, type FakeHost, fakeHost, fakeRoot, TEST_MESH, testSeed } from './fake-book.ts'

/** One log line, kept for assertions. */
export interface LogLine {
  readonly level: string
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A logger that keeps its lines. */
export function keepingLogger(lines: LogLine[] = []): Logger & { readonly lines: LogLine[] } {
  const at =
    (level: string) =>
    (event: string, fields: LogLine['fields'] = {}) =>
      void lines.push({ level, event, fields })
  const logger: Logger & { readonly lines: LogLine[] } = {
    lines,
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    with: () => logger,
  }
  return logger
}

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seededRng(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** An address book in memory. */
export class MemoryAddressBook implements AddressBook {
  readonly saved = new Map<PeerKey, readonly string[]>()
  load() {
    return Promise.resolve([...this.saved].map(([peer, addresses]) => ({ peer, addresses })))
  }
  async save(peer: PeerKey, addresses: readonly string[]): Promise<void> {
    this.saved.set(peer, addresses)
  }
}

/** Waits until a condition holds, looking often; fails with `what` after `ms`. */
export async function until(what: string, condition: () => boolean | Promise<boolean>, ms = 15_000): Promise<void> {
  const end = performance.now() + ms
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`waited in vain until ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

export interface TestNode {
  readonly host: FakeHost
  readonly book: FakeBook
  readonly net: Net
  readonly log: ReturnType<typeof keepingLogger>
  readonly addressBook: MemoryAddressBook
}

let meshes = 0

/** Hosts of one fake mesh in this process; disposing stops all. */
export class TestMesh implements AsyncDisposable {
  readonly nodes: TestNode[] = []
  readonly transport: 'tcp' | 'memory'
  readonly #number = meshes++
  readonly #stoppers: (() => Promise<void>)[] = []

  constructor(transport: 'tcp' | 'memory' = 'memory') {
    this.transport = transport
  }

  /** Identity of host number n, member or not. */
  async host(n: number, site = 'oslo'): Promise<FakeHost> {
    const seed = testSeed(1000 * this.#number + n)
    return fakeHost(`host-${n}`, site, seed, (await keyPairFromSeed(seed)).publicKey)
  }

  /** Makes a node, not started. It knows the root and itself; others it learns by hello. */
  async node(
    n: number,
    options: { readonly site?: string; readonly outsider?: boolean; readonly clock?: Clock } & Partial<NetInit> = {},
  ): Promise<TestNode> {
    const { site, outsider = false, clock = systemClock, ...init } = options
    const host = await this.host(n, site)
    const book = outsider
      ? new FakeBook(undefined, [fakeRoot])
      : new FakeBook(host, [fakeRoot, host.grant, host.binding])
    const log = keepingLogger()
    const addressBook = new MemoryAddressBook()
    const net = createNet(
      { book, addressBook, clock, log, rng: seededRng(n) },
      {
        privateKey: host.seed,
        mesh: TEST_MESH,
        bootstrap: [],
        mdns: false,
        relay: true,
        paced: true,
        transport: this.transport,
        listen: [this.transport === 'tcp' ? '/ip4/127.0.0.1/tcp/0' : `/memory/mesh-${this.#number}-${n}`],
        ...init,
        pace: { redialMinMs: 50, redialMaxMs: 500, gossipHeartbeatMs: 200, refusalGraceMs: 50, ...init.pace },
      },
    )
    const node = { host, book, net, log, addressBook }
    this.nodes.push(node)
    this.defer(() => net.stop())
    return node
  }

  defer(stop: () => Promise<void>): void {
    this.#stoppers.push(stop)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#stoppers.map((stop) => stop()))
  }
}

export const TEST_TOPIC = recordsTopic(TEST_MESH)

/** True when both nodes take each other for members. */
export const joined = (a: TestNode, b: TestNode): boolean =>
  a.net.peers().some(({ peer }) => peer === b.host.peer) && b.net.peers().some(({ peer }) => peer === a.host.peer)
