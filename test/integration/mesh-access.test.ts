import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { createAgent } from '../../node-agent/agent.ts'
import type { Agent } from '../../node-agent/cli/index.ts'
import { loadConfig } from '../../node-agent/config/index.ts'
import { systemClock } from '../../node-agent/lifecycle/index.ts'
import { openOffline } from '../../node-agent/offline.ts'
import {
  type AccessDocument,
  type ControlClient,
  createLocalClient,
  parseRequest,
  type PublishResult,
  type RootChange,
} from '../../protocol/control/index.ts'
import { aFolder, bothMustSign } from '../support/access-homes.ts'
import { tempDir } from '../support/temp-dir.ts'
import { keepingLogger, until } from '../support/test-mesh.ts'

const clientOf = (handlers: Agent['handlers']): ControlClient =>
  createLocalClient({
    handlers,
    parse: parseRequest,
    onUnexpected: (name, error) => {
      throw new Error(name, { cause: error })
    },
  })

/** A home that may be run as a real agent on loopback, stopped and run again. */
class Node {
  readonly home: string
  readonly log = keepingLogger()
  #agent: Agent | undefined

  constructor(home: string) {
    this.home = home
    writeFileSync(join(home, 'config.toml'), 'mdns = false\n')
    onTestFinished(() => this.stop())
  }

  async #init() {
    return { home: this.home, config: await loadConfig(this.home), clock: systemClock, log: this.log }
  }

  async offline<T>(work: (client: ControlClient) => Promise<T>): Promise<T> {
    const { handlers, close } = await openOffline(await this.#init())
    try {
      return await work(clientOf(handlers))
    } finally {
      await close()
    }
  }

  async start(bootstrap: readonly string[] = []): Promise<void> {
    this.#agent = createAgent({ ...(await this.#init()), listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap })
    await this.#agent.start()
  }

  async stop(): Promise<void> {
    const agent = this.#agent
    this.#agent = undefined
    await agent?.stop()
  }

  get client(): ControlClient {
    if (this.#agent === undefined) throw new Error('not running')
    return clientOf(this.#agent.handlers)
  }

  get addresses(): readonly string[] {
    return this.#agent?.addresses() ?? []
  }

  /** Refusals of its hello, so far. */
  refusals(): number {
    return this.log.lines.filter(({ event, fields }) => event === 'peer-refused' && fields['code'] === 'NOT_A_MEMBER')
      .length
  }

  access(): Promise<AccessDocument> {
    return this.client.call('access', {})
  }

  /** Hosts that this node is connected to. */
  async connected(): Promise<string[]> {
    return (await this.access()).members.filter((member) => member.connected).map(({ host }) => host)
  }

  async publish(dir: string): Promise<PublishResult> {
    const request = { dir, channel: 'web', message: '', lifetimeMs: 1e9, dryRun: false, checksum: false, waves: [] }
    const events = this.client.stream('publish', request)
    for (;;) {
      const next = await events.next()
      if (next.done === true) return next.value
    }
  }
}

const soon = (what: string, is: () => Promise<boolean>): Promise<void> => until(what, is, 60_000)

/** An admin and hosts, all running and all connected to the admin. */
async function running(...hosts: readonly string[]) {
  const admin = new Node(await tempDir())
  await admin.offline((client) => client.call('meshCreate', { name: 'north' }))
  await admin.start()
  const nodes: Node[] = []
  for (const host of hosts) {
    const invite = { host, site: 'oslo', labels: {}, lifetimeMs: 60_000 }
    const { ticket } = await admin.client.call('meshInvite', invite)
    const node = new Node(await tempDir())
    await node.offline((client) => client.call('join', { ticket }))
    await node.start()
    nodes.push(node)
  }
  await soon('everybody is connected', async () => (await admin.connected()).length === hosts.length)
  return { admin, nodes }
}

describe('access in a running mesh', () => {
  test('NET-7 TRUST-13 a revoked host loses its connections everywhere at once, and does not get in again', async () => {
    const { admin, nodes } = await running('oslo-1', 'oslo-2')
    const [one, two] = nodes
    if (one === undefined || two === undefined) throw new Error('no hosts')
    await soon('the hosts are connected, too', async () => (await two.connected()).length === 2)
    await admin.client.call('hostRevoke', { host: 'oslo-1', reason: 'stolen', dryRun: false })
    await soon('the admin has dropped it', async () => !(await admin.connected()).includes('oslo-1'))
    await soon('the other host has dropped it', async () => !(await two.connected()).includes('oslo-1'))
    await soon('it is alone', async () => (await one.connected()).length === 0)
    await one.stop()
    const before = one.refusals()
    await one.start([...admin.addresses, ...two.addresses])
    // It dials both, and what it says of itself is refused.
    await soon('it has been refused by both', async () => one.refusals() >= before + 2)
    expect(await admin.connected()).toEqual(['oslo-2'])
    expect((await one.client.call('status', {})).self.peers).toBe(0)
  })

  test('ACCESS-8 ACCESS-9 two consoles share root and publishing: proposed at one, approved at the other', async () => {
    const { admin, nodes } = await running('oslo-1', 'oslo-2')
    const [ben, third] = nodes
    if (ben === undefined || third === undefined) throw new Error('no hosts')
    const changes = await bothMustSign(ben.client)
    await admin.client.call('rootPropose', { changes, instead: false, dryRun: false })
    const approveAll = async (): Promise<boolean> => {
      const [row] = (await ben.access()).proposals
      if (row === undefined) return false
      expect(row.canApprove).toBe(true)
      return (await ben.client.call('approve', { id: row.id, instead: false, dryRun: false })).done
    }
    await soon('Ben has approved the root', approveAll)
    for (const node of [admin, ben, third])
      await soon('root 2 is in force', async () => (await node.access()).mesh.rootVersion === 2)
    const folder = await tempDir()
    const { proposal } = await admin.publish(aFolder(folder, 'one'))
    expect(proposal?.missing).toEqual([{ role: 'publishers of *', have: 1, need: 2 }])
    await soon('the third host has heard of it', async () => (await third.access()).proposals.length === 1)
    expect((await third.client.call('status', {})).channels).toEqual([])
    await soon('Ben has approved the release', approveAll)
    await soon('it is the head', async () => (await third.client.call('status', {})).channels[0]?.sequence === 1)
    await soon('nothing waits', async () => (await third.access()).proposals.length === 0)
  })

  test('ACCESS-5 a host that was away while its enroller was replaced and revoked is a member as before', async () => {
    const { admin, nodes } = await running('oslo-1', 'oslo-2')
    const [one, two] = nodes
    if (one === undefined || two === undefined) throw new Error('no hosts')
    const old = (await admin.access()).me.keys.find(({ role }) => role === 'enroller')?.key ?? ''
    await two.stop()
    await admin.client.call('keyRotate', { key: 'enroller', dryRun: false })
    const shown = await admin.client.call('keyRevoke', { key: old, dryRun: true })
    expect(shown.effect.leaving).toEqual([])
    await admin.client.call('keyRevoke', { key: old, dryRun: false })
    await soon('the host that was here has root 3', async () => (await one.access()).mesh.rootVersion === 3)
    await soon('and stays connected', async () => (await admin.connected()).includes('oslo-1'))
    await two.start()
    await soon('the other one catches up', async () => {
      const { mesh, members, me } = await two.access()
      return mesh.rootVersion === 3 && members.length === 3 && me.host === 'oslo-2'
    })
    await soon('and is connected', async () => (await admin.connected()).length === 2)
  })

  test('TRUST-6 a newcomer joins a mesh through a member whose grant has expired long ago', async () => {
    const { admin } = await running()
    const [old, fresh] = [new Node(await tempDir()), new Node(await tempDir())]
    for (const [host, node] of [
      ['oslo-1', old],
      ['oslo-2', fresh],
    ] as const) {
      const invite = { host, site: 'oslo', labels: {}, lifetimeMs: node === old ? 3_000 : 60_000 }
      const { ticket } = await admin.client.call('meshInvite', invite)
      await node.offline((client) => client.call('join', { ticket }))
    }
    await old.start()
    await soon('the first has joined', async () => (await admin.connected()).length === 1)
    await admin.stop()
    await soon(
      'its grant has expired',
      async () =>
        Date.now() >
        Date.parse((await old.access()).members.find(({ host }) => host === 'oslo-1')?.joinedAt ?? '') + 3_500,
    )
    await fresh.start(old.addresses)
    await soon('they are connected', async () => (await old.connected()).includes('oslo-2'))
    expect(await fresh.connected()).toContain('oslo-1')
  })

  test('TRUST-17 hosts go back from a withdrawn release to the one that the root names, and on to the next', async () => {
    const { admin, nodes } = await running('oslo-1')
    const [host] = nodes
    if (host === undefined) throw new Error('no host')
    const [folder, root] = [await tempDir(), join(await tempDir(), 'live')]
    await host.client.call('targetAdd', { channel: 'web', root, strategy: 'in-place', graceMs: 0, keep: 1 })
    const isAt = async (sequence: number, text: string): Promise<boolean> => {
      const [web] = (await host.client.call('status', {})).channels
      return web?.converged === 1 && web.sequence === sequence && readFileSync(join(root, 'file'), 'utf8') === text
    }
    await admin.publish(aFolder(folder, 'one'))
    await soon('the host is at the first release', () => isAt(1, 'one'))
    await admin.publish(aFolder(folder, 'two'))
    await soon('the host is at the second release', () => isAt(2, 'two'))
    const lost = (await admin.access()).me.keys.find(({ role }) => role === 'publisher')?.key ?? ''
    const { key } = await admin.client.call('keyMake', { role: 'publisher' })
    const changes: RootChange[] = [
      { change: 'add', role: 'publisher', channels: '*', key, holder: null },
      { change: 'revoke', key: lost },
      { change: 'head', channel: 'web', sequence: 1 },
    ]
    const shown = await admin.client.call('rootPropose', { changes, instead: false, dryRun: true })
    expect(shown.effect.channels).toEqual([{ channel: 'web', sequence: 2, headStays: false, canPublish: true }])
    await admin.client.call('rootPropose', { changes, instead: false, dryRun: false })
    await soon('the host is back at the first release', () => isAt(1, 'one'))
    expect(await admin.publish(aFolder(folder, 'three'))).toMatchObject({ sequence: 2, proposal: null })
    await soon('the host is at the next release', () => isAt(2, 'three'))
  })
})
