import { afterEach, describe, expect, test } from 'vitest'
import { type Announcer, createAnnouncer } from '../../node-agent/announce/index.ts'
import { systemClock } from '../../node-agent/lifecycle/index.ts'
import { encodeFrame, LIMITS, RECORDS_PROTOCOL, type ShoalRecord, slotOf } from '../../protocol/index.ts'
import { componentSuite } from '../compliance/component.ts'
import { fakeHead, fakeRecord, fakeStatus, TEST_MESH } from '../support/fake-book.ts'
import { joined, seededRng, TEST_TOPIC, TestMesh, type TestNode, until } from '../support/test-mesh.ts'

interface AnnounceNode extends TestNode {
  readonly announcer: Announcer
}

/** Long enough that a test sees what comes without the regular rounds. */
const NEVER_MS = 3_600_000

async function announceNode(
  mesh: TestMesh,
  n: number,
  init: { reconcileMs?: number; recheckMs?: number } = {},
): Promise<AnnounceNode> {
  const node = await mesh.node(n)
  const announcer = createAnnouncer(
    { net: node.net, book: node.book, clock: systemClock, log: node.log, rng: seededRng(n) },
    { mesh: TEST_MESH, reconcileMs: NEVER_MS, recheckMs: 50, ...init },
  )
  mesh.defer(() => announcer.stop())
  await announcer.start()
  await node.net.start()
  return { ...node, announcer }
}

async function connect(a: TestNode, b: TestNode): Promise<void> {
  await a.net.dial(b.net.addresses()[0] ?? '')
  await until('both are joined', () => joined(a, b))
}

/** A record that this node itself made. */
async function announce(node: AnnounceNode, record: ShoalRecord): Promise<void> {
  await node.book.offer(record.bytes)
  await node.announcer.publish(record)
}

const has = (node: TestNode, record: ShoalRecord): boolean => node.book.get(slotOf(record))?.id === record.id

describe.each(['memory', 'tcp'] as const)('announce over %s', (transport) => {
  test('ANNOUNCE-1 a new record reaches every node, through others', async () => {
    await using mesh = new TestMesh(transport)
    const nodes = [await announceNode(mesh, 1), await announceNode(mesh, 2), await announceNode(mesh, 3)] as const
    await connect(nodes[0], nodes[1])
    await connect(nodes[1], nodes[2])
    await announce(nodes[0], fakeHead('web', 1))
    await until('it arrived', () => nodes.every((node) => has(node, fakeHead('web', 1))))
  })

  test('ANNOUNCE-4 a late joiner learns everything, the publisher being gone', async () => {
    await using mesh = new TestMesh(transport)
    const publisher = await announceNode(mesh, 1)
    const keeper = await announceNode(mesh, 2)
    await connect(publisher, keeper)
    for (let n = 0; n < 300; n++) await announce(publisher, fakeHead(`ch-${n}`, 1))
    await announce(publisher, fakeStatus(publisher.host, 7))
    await until('the keeper has them', () => keeper.book.kept.size >= publisher.book.kept.size)
    await publisher.net.stop()
    const late = await announceNode(mesh, 3)
    await connect(late, keeper)
    await until('the late joiner has them', () => late.book.kept.size === keeper.book.kept.size)
    expect(has(late, fakeStatus(publisher.host, 7))).toBe(true)
  })

  test('ANNOUNCE-8 a mesh that was cut in two: what either half said meanwhile reaches the other once it heals', async () => {
    await using mesh = new TestMesh(transport)
    const ends = [1, 2, 3, 4].map((n) => announceNode(mesh, n))
    const [a, b, c, d] = await Promise.all(ends)
    const bridge = await announceNode(mesh, 5, { reconcileMs: 500 })
    if (a === undefined || b === undefined || c === undefined || d === undefined) throw new Error('no nodes')
    for (const [one, other] of [[a, b] as const, [c, d] as const, [b, bridge] as const, [c, bridge] as const])
      await connect(one, other)
    await announce(a, fakeHead('web', 1))
    await until('all have the first', () => [a, b, c, d].every((node) => has(node, fakeHead('web', 1))))
    await bridge.net.stop()
    await until('it is cut', () => [b, c].every(({ net }) => net.peers().length === 1))
    const said = [fakeHead('web', 2), fakeStatus(a.host, 2), fakeStatus(d.host, 2)] as const
    await announce(a, said[0])
    await announce(a, said[1])
    await announce(d, said[2])
    await until('each half knows its own', () => has(b, said[0]) && has(b, said[1]) && has(c, said[2]))
    expect(has(c, said[0]) || has(d, said[1]) || has(a, said[2])).toBe(false)
    await bridge.net.start()
    const all = [a, b, c, d, bridge]
    await until('all have everything', () => all.every((node) => said.every((record) => has(node, record))))
    const kept = new Set(all.map(({ book }) => book.kept.size))
    expect(kept.size).toBe(1)
  })

  test('ANNOUNCE-4 both sides of a connection learn, whoever dialled', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b] = [await announceNode(mesh, 1), await announceNode(mesh, 2)]
    a.book.keep(fakeHead('a', 1))
    b.book.keep(fakeHead('b', 1))
    await connect(a, b)
    await until('both have both', () =>
      [a, b].every((node) => has(node, fakeHead('a', 1)) && has(node, fakeHead('b', 1))),
    )
  })

  test('ANNOUNCE-2 a record is judged once a node, however many peers pass it on', async () => {
    await using mesh = new TestMesh(transport)
    const nodes: AnnounceNode[] = []
    for (let n = 1; n <= 4; n++) nodes.push(await announceNode(mesh, n))
    for (const [i, a] of nodes.entries()) for (const b of nodes.slice(i + 1)) await connect(a, b)
    const [first] = nodes
    if (first === undefined) throw new Error('no nodes')
    let version = 0
    const behind = (): number => version - Math.min(...nodes.map((node) => node.book.get('head/start')?.version ?? 0))
    // Faster than any reconciliation could carry it.
    await until('gossip has its streams', async () => {
      await announce(first, fakeHead('start', ++version))
      return version > 60 && behind() < 30
    })
    await until('all of it arrived', () => behind() === 0)
    const before = nodes.map((node) => node.book.offers)
    await announce(first, fakeHead('web', 1))
    await until('it arrived', () => nodes.every((node) => has(node, fakeHead('web', 1))))
    expect(nodes.map((node, i) => node.book.offers - (before[i] ?? 0))).toEqual([1, 1, 1, 1])
  })

  test('ANNOUNCE-3 a forged record is not passed on, and who keeps sending such is dropped', async () => {
    await using mesh = new TestMesh(transport)
    const [liar, a, b] = [await announceNode(mesh, 1), await announceNode(mesh, 2), await announceNode(mesh, 3)]
    await connect(liar, a)
    await connect(a, b)
    await announce(liar, fakeHead('good', 1))
    await until('gossip runs', () => has(b, fakeHead('good', 1)))
    const before = b.book.offers
    let n = 0
    await until('the liar is dropped', async () => {
      await liar.net.publish(TEST_TOPIC, fakeHead(`forged-${n++}`, 1, true).bytes)
      return a.log.lines.some(({ event }) => event === 'member-dropped')
    })
    expect(n).toBeGreaterThanOrEqual(LIMITS.recordsRejected)
    expect(b.book.offers).toBe(before)
    expect(joined(a, b)).toBe(true)
    expect(a.net.peers().map(({ peer }) => peer)).toEqual([b.host.peer])
  })

  test('ANNOUNCE-3 records that an honest peer may send are ignored without a grudge', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b] = [await announceNode(mesh, 1), await announceNode(mesh, 2)]
    await connect(a, b)
    await announce(a, fakeHead('good', 1))
    await until('gossip runs', () => has(b, fakeHead('good', 1)))
    const unknownHost = await mesh.host(9)
    for (let n = 0; n < 3 * LIMITS.recordsRejected; n++) {
      await a.net.publish(TEST_TOPIC, fakeStatus(unknownHost, n + 1).bytes)
      await a.net.publish(TEST_TOPIC, Uint8Array.of(0xff, n))
    }
    await announce(a, fakeHead('good', 2))
    await until('the next good one arrives', () => has(b, fakeHead('good', 2)))
    expect(joined(a, b)).toBe(true)
  })

  test('ANNOUNCE-5 what one node learns by reconciliation reaches its neighbours at once, few or many', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b, c] = [await announceNode(mesh, 1), await announceNode(mesh, 2), await announceNode(mesh, 3)]
    await connect(b, c)
    await announce(b, fakeHead('start', 1))
    await until('gossip runs', () => has(c, fakeHead('start', 1)))
    for (let n = 0; n < 3 * LIMITS.recordsPassedOn; n++) a.book.keep(fakeHead(`ch-${n}`, 1))
    await connect(a, b)
    await until('all have all', () =>
      [a, b, c].every((node) => node.book.kept.size === a.book.kept.size && node.book.kept.size > 190),
    )
    const d = await announceNode(mesh, 4)
    d.book.keep(fakeHead('few', 1))
    await connect(d, a)
    await until('the far end has it', () => has(c, fakeHead('few', 1)))
  })

  test('ANNOUNCE-6 what gossip missed is found by the regular rounds', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b] = [await announceNode(mesh, 1, { reconcileMs: 100 }), await announceNode(mesh, 2)]
    await connect(a, b)
    await until('the connect is over', () => a.log.lines.filter(({ event }) => event === 'reconciled').length >= 2)
    a.book.keep(fakeHead('missed', 1))
    await until('it arrived', () => has(b, fakeHead('missed', 1)))
  })

  test('ANNOUNCE-7 a new host is known to all once one of them has seen its hello', async () => {
    await using mesh = new TestMesh(transport)
    const [a, b, fresh] = [await announceNode(mesh, 1), await announceNode(mesh, 2), await announceNode(mesh, 3)]
    await connect(a, b)
    await announce(a, fakeHead('start', 1))
    await until('gossip runs', () => has(b, fakeHead('start', 1)))
    await connect(fresh, a)
    await until('the other knows it', () => b.book.member(fresh.host.peer) !== undefined)
  })

  test('RECONCILE-9 a member that sends garbage instead of a reconciliation is dropped', async () => {
    await using mesh = new TestMesh(transport)
    const a = await announceNode(mesh, 1)
    const hostile = await mesh.node(2)
    await hostile.net.start()
    await connect(hostile, a)
    const channel = await hostile.net.open(a.host.peer, RECORDS_PROTOCOL, { maxFrameBytes: 1_000 })
    channel.send(encodeFrame(Uint8Array.of(1, 2, 3)))
    await until('it is dropped', () => a.net.peers().length === 0)
  })
})

describe('announce', () => {
  test('RECONCILE-1 nodes in agreement exchange less than 8 KiB, streams and all', async () => {
    await using mesh = new TestMesh('memory')
    const [a, b] = [await announceNode(mesh, 1), await announceNode(mesh, 2)]
    for (let n = 0; n < 1_000; n++) for (const node of [a, b]) node.book.keep(fakeHead(`ch-${n}`, 1))
    await connect(a, b)
    await until('they agree', () => a.log.lines.some(({ fields }) => fields['outcome'] === 'same'))
    for (const node of [a, b]) {
      const sessions = node.log.lines.filter(({ event }) => event === 'reconciled')
      const bytes = sessions.map(({ fields }) => Number(fields['bytesIn']) + Number(fields['bytesOut']))
      expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThan(8 * 1024)
    }
  })

  test('RECONCILE-8 many peers that come at once are all served in the end', async () => {
    await using mesh = new TestMesh('memory')
    const hub = await announceNode(mesh, 0)
    for (let n = 0; n < 500; n++) hub.book.keep(fakeHead(`ch-${n}`, 1))
    hub.book.delay = () => new Promise((resolve) => setTimeout(resolve, 1))
    const others: AnnounceNode[] = []
    for (let n = 1; n <= 2 * LIMITS.reconciliations; n++) others.push(await announceNode(mesh, n))
    for (const [n, other] of others.entries()) for (let i = 0; i < 20; i++) other.book.keep(fakeHead(`of-${n}-${i}`, 1))
    await Promise.all(others.map((other) => connect(other, hub)))
    const complete = (): boolean =>
      hub.book.kept.size > 500 + others.length * 20 &&
      others.every((other) => [...hub.book.kept.keys()].every((slot) => other.book.kept.has(slot)))
    await until('all have all', complete, 40_000)
  }, 60_000)

  test('ANNOUNCE-2 a record of a kind that only newer versions know is not held against the peer', async () => {
    await using mesh = new TestMesh('memory')
    const [a, b] = [await announceNode(mesh, 1), await announceNode(mesh, 2)]
    await connect(a, b)
    await announce(a, fakeHead('start', 1))
    await until('gossip runs', () => has(b, fakeHead('start', 1)))
    const future = fakeRecord({ ...fakeHead('x', 1), kind: 'head', key: 'future', version: 1 })
    for (let n = 0; n < 20; n++) await a.net.publish(TEST_TOPIC, Uint8Array.of(...future.bytes, n))
    await announce(a, fakeHead('start', 2))
    await until('the next good one arrives', () => has(b, fakeHead('start', 2)))
    expect(joined(a, b)).toBe(true)
  })
})

describe('announcer as a component', () => {
  const meshes: TestMesh[] = []
  afterEach(async () => {
    for (const mesh of meshes.splice(0)) await mesh[Symbol.asyncDispose]()
  })
  const nodes = new WeakMap<object, TestNode>()
  componentSuite('announcer', {
    create: async () => {
      const mesh = new TestMesh('memory')
      meshes.push(mesh)
      const node = await mesh.node(1)
      const { net, book, log } = node
      const announcer = createAnnouncer({ net, book, clock: systemClock, log, rng: seededRng(1) }, { mesh: TEST_MESH })
      nodes.set(announcer, node)
      return announcer
    },
    // A stopped one does not even look for the peer.
    working: async (component) => {
      const { net, host } = nodes.get(component) ?? {}
      await net?.start()
      const failure = await (component as Announcer)
        .reconcile(host?.peer ?? ('' as never))
        .catch((err: { code: string }) => err.code)
      await net?.stop()
      return failure === 'PEER_GONE'
    },
  })
})
