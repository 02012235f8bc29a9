import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { type ControlHandlers, createLocalClient, parseRequest } from '../../protocol/control/index.ts'
import type { ControlClient, RootChange } from '../../protocol/control/index.ts'
import { sendingOrder, type ShoalRecord } from '../../protocol/index.ts'
import { loadConfig } from '../../node-agent/config/index.ts'
import { Core } from '../../node-agent/core.ts'
import { createHandlers, type LiveParts } from '../../node-agent/handlers/index.ts'
import { createChunks } from '../../node-agent/local-content.ts'
import { NOWHERE } from '../../node-agent/net/reach.ts'
import { Views } from '../../node-agent/views/index.ts'
import { ManualClock } from './manual-clock.ts'
import { tempDir } from './temp-dir.ts'
import { keepingLogger } from './test-mesh.ts'

/** A home whose control API runs in this process, without a network. */
export interface AccessHome {
  readonly home: string
  readonly core: Core
  readonly client: ControlClient
  readonly handlers: ControlHandlers
  /** What it would have sent to the mesh. */
  readonly announced: ShoalRecord[]
  /** Peer ids that it takes itself to be connected to. */
  readonly connected: string[]
}

export async function accessHome(clock: ManualClock, home?: string): Promise<AccessHome> {
  const directory = home ?? (await tempDir())
  const config = await loadConfig(directory)
  const core = await Core.open({ home: directory, config, clock, log: keepingLogger() })
  onTestFinished(() => core.close())
  const announced: ShoalRecord[] = []
  const connected: string[] = []
  const live: LiveParts = {
    addresses: () => [],
    connected: () => connected.map((peerId) => ({ peerId }) as unknown as ReturnType<LiveParts['connected']>[number]),
    links: () => null,
    own: () => undefined,
    reach: () => NOWHERE,
    publishing: async () => undefined,
    announce: async (record) => void announced.push(record),
    retry: undefined,
    consent: undefined,
    renew: () => undefined,
    onChange: () => () => undefined,
  }
  const views = new Views({
    mesh: () => core.mesh,
    store: core.store,
    clock: core.init.clock,
    own: () => undefined,
    connected: () => null,
    links: () => undefined,
  })
  const handlers = createHandlers({ core, live, chunks: createChunks(core), views })
  const onUnexpected = (_name: string, error: unknown): void => {
    throw error
  }
  const client = createLocalClient({ handlers, parse: parseRequest, onUnexpected })
  return { home: directory, core, client, handlers, announced, connected }
}

/** Everything that one keeps, given to the other as a reconciliation does. */
export async function share(from: AccessHome, ...to: readonly AccessHome[]): Promise<void> {
  const records = [...from.core.mesh.book.summaries()].toSorted(sendingOrder)
  for (const home of to) {
    for (const { slot } of records) {
      const record = from.core.mesh.book.get(slot)
      if (record !== undefined) await home.core.mesh.book.offer(record.bytes)
    }
  }
}

/** A mesh, the home that made it, and hosts that joined; all know of each other. */
export async function accessMesh(...hosts: readonly string[]) {
  const clock = new ManualClock()
  const admin = await accessHome(clock)
  await admin.client.call('meshCreate', { name: 'north' })
  const joined: AccessHome[] = []
  for (const host of hosts) {
    await clock.wind(1)
    const { ticket } = await admin.client.call('meshInvite', { host, site: 'oslo', labels: {}, lifetimeMs: 60_000 })
    const home = await accessHome(clock)
    await home.client.call('join', { ticket })
    joined.push(home)
  }
  for (const home of joined) await share(home, admin)
  for (const home of joined) await share(admin, home)
  return { clock, admin, joined }
}

/** A folder to publish. */
export function aFolder(parent: string, text: string): string {
  const dir = join(parent, `tree-${text}`)
  mkdirSync(dir)
  writeFileSync(join(dir, 'file'), text)
  return dir
}

/** Publishes, to the end. */
export async function publishFrom(home: AccessHome, dir: string, channel = 'web', waves: readonly string[] = []) {
  const events = home.client.stream('publish', {
    dir,
    channel,
    message: '',
    lifetimeMs: 1e9,
    dryRun: false,
    checksum: false,
    waves,
  })
  for (;;) {
    const next = await events.next()
    if (next.done === true) return next.value
  }
}

/** Makes Ben's keys in his home; the changes after which root and publishing need them as well. */
export async function bothMustSign(ben: ControlClient): Promise<readonly RootChange[]> {
  const changes: RootChange[] = []
  for (const role of ['root', 'publisher'] as const) {
    const { key } = await ben.call('keyMake', { role })
    const channels = role === 'publisher' ? '*' : null
    changes.push(
      { change: 'add', role, channels, key, holder: 'Ben' },
      { change: 'threshold', role, channels, threshold: 2 },
    )
  }
  return changes
}

/** A mesh whose root and publishers are two holders, Ann at the admin's home and Ben at a host's; both must sign. */
export async function twoHolders() {
  const { admin, joined, clock } = await accessMesh('oslo-1')
  const [ben] = joined
  if (ben === undefined) throw new Error('no host')
  const changes = await bothMustSign(ben.client)
  const { proposal } = await admin.client.call('rootPropose', { changes, instead: false, dryRun: false })
  await share(admin, ben)
  const approved = await ben.client.call('approve', { id: proposal?.id ?? '', instead: false, dryRun: false })
  expect(approved.done).toBe(true)
  await share(ben, admin)
  expect([admin, ben].map(({ core }) => core.mesh.book.root?.version)).toEqual([2, 2])
  return { admin, ben, clock }
}
