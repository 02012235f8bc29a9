import { describe, expect, test } from 'vitest'
import {
  type ChannelStatus,
  Membership,
  parseChannelName,
  parseDigest,
  parsePeerKey,
  type StatusBody,
} from '../../../protocol/index.ts'
import { buildStatus, type StatusDocument, type StatusInput } from '../../../protocol/status/index.ts'
import { enrolHost, meshFixture, NOW_MS, signHead, signStatus } from '../../support/mesh-fixture.ts'

const MANIFEST = parseDigest('ab'.repeat(32))

const channel = (over: Partial<ChannelStatus> = {}): ChannelStatus => ({
  channel: parseChannelName('web'),
  sequence: 1,
  manifest: MANIFEST,
  state: 'settled',
  proved: true,
  provedAtMs: NOW_MS,
  progress: 1,
  targetSequence: 1,
  received: { wireBytes: 1, sameSiteBytes: 2, otherSiteBytes: 3, wastedBytes: 4, reusedBytes: 5 },
  commit: { strategy: 'in-place', operations: 6, windowMs: 7.5, atMs: NOW_MS, groups: [], weaker: [] },
  retained: { releases: 0, bytes: 0, heldBytes: 0 },
  staleProcesses: [],
  atRisk: [],
  error: undefined,
  ...over,
})

const SELF: StatusDocument['self'] = {
  peerId: 'p',
  host: null,
  site: null,
  addresses: [],
  peers: 0,
  rssBytes: 1,
  storeBytes: 2,
  reach: { behindNat: false, relays: [], relayedBytes: 0, unreached: 0, nextDialAt: null },
  connected: [],
  links: null,
}

async function documentOf(bodies: readonly Partial<StatusBody>[], over: Partial<StatusInput> = {}) {
  const mesh = await meshFixture()
  const membership = new Membership()
  const statuses = await Promise.all(
    bodies.map(async (body, i) => {
      const { grant, binding, host } = await enrolHost(mesh, `${i}${i}`.repeat(16), { host: `h${i}` as never })
      membership.addGrant(grant)
      membership.addBinding(binding)
      return signStatus(host, 1, body)
    }),
  )
  return buildStatus({
    root: mesh.root,
    self: SELF,
    heads: [await signHead(1, mesh.publisher)],
    statuses,
    member: (peer) => membership.member(parsePeerKey(peer)),
    rollout: () => undefined,
    nowMs: NOW_MS + 3000,
    ...over,
  })
}

describe('status document', () => {
  test('STATUS-1 only a proof of exactly this release counts', async () => {
    const other = parseDigest('00'.repeat(32))
    const document = await documentOf([
      { channels: [channel()] },
      { channels: [channel({ proved: false })] },
      { channels: [channel({ sequence: 2 })] },
      { channels: [channel({ manifest: other })] },
      { channels: [] },
    ])
    expect(document.channels).toMatchObject([{ name: 'web', sequence: 1, converged: 1, hosts: 4 }])
    expect(document.channels[0]?.states[0]).toEqual({
      host: 'h0',
      site: 'oslo',
      peerId: expect.any(String),
      sequence: 1,
      manifest: `sha256-${MANIFEST}`,
      state: 'settled',
      proved: true,
      progress: 1,
      ageSeconds: 3,
      wave: null,
      received: { wireBytes: 1, sameSiteBytes: 2, otherSiteBytes: 3, wastedBytes: 4, reusedBytes: 5 },
      receivedBy: null,
      transfer: null,
      commit: {
        strategy: 'in-place',
        operations: 6,
        windowMs: 7.5,
        at: new Date(NOW_MS).toISOString(),
        groups: [],
        weaker: [],
      },
      retained: { releases: 0, bytes: 0, heldBytes: 0 },
      staleProcesses: [],
      atRisk: [],
      error: null,
    })
  })

  const moving = { state: 'fetching', proved: false, progress: 0.25, targetSequence: 2 } as const
  const transferOf = (document: StatusDocument) => document.channels[0]?.states[0]?.transfer

  test('STATUS-6 time left follows from what is left and how fast it comes', async () => {
    const transfer = { leftBytes: 1_000_000, bytesPerSecond: 3_000 }
    const document = await documentOf([{ channels: [channel({ ...moving, transfer })] }])
    expect(transferOf(document)).toEqual({ leftBytes: 1_000_000, bytesPerSecond: 3_000, etaSeconds: 334 })
    expect(transferOf(await documentOf([{ channels: [channel()] }]))).toBeNull()
  })

  test.each([
    ['nothing came lately', 0, NOW_MS],
    ['nothing was heard of the host', 3_000, NOW_MS - 90_000],
  ])('STATUS-6 there is no time left when %s', async (_, bytesPerSecond, atMs) => {
    const transfer = { leftBytes: 1_000_000, bytesPerSecond }
    const document = await documentOf([{ atMs, channels: [channel({ ...moving, transfer })] }])
    expect(transferOf(document)).toEqual({ leftBytes: 1_000_000, bytesPerSecond: null, etaSeconds: null })
  })

  test('STATUS-9 what this node says of itself goes on between its records while it is at the same step, and never more than that', async () => {
    const transfer = { leftBytes: 1_000, bytesPerSecond: 0 }
    const told = channel({ ...moving, transfer })
    const newer = {
      ...told,
      progress: 0.5,
      transfer: { leftBytes: 500, bytesPerSecond: 100 },
      sequence: 7,
      proved: true,
    }
    const view = async (own: ChannelStatus, isSelf = true) => {
      const { host, grant, binding } = await enrolHost(await meshFixture())
      const status = await signStatus(host, 1, { channels: [told] })
      const membership = new Membership()
      membership.addGrant(grant)
      membership.addBinding(binding)
      const document = await documentOf([], {
        statuses: [status],
        member: (peer) => membership.member(parsePeerKey(peer)),
        self: { ...SELF, peerId: isSelf ? status.key : 'p' },
        own: () => own,
      })
      return document.channels[0]?.states[0]
    }
    expect(await view(newer)).toMatchObject({ progress: 0.5, transfer: { etaSeconds: 5 }, sequence: 1, proved: false })
    expect(await view(newer, false)).toMatchObject({ progress: 0.25, transfer: { etaSeconds: null } })
    expect(await view({ ...newer, targetSequence: 3 })).toMatchObject({
      progress: 0.25,
      transfer: { leftBytes: 1_000 },
    })
  })

  test('STATUS-2 the word of a stranger is left out', async () => {
    const document = await documentOf([{ channels: [channel()] }], { member: () => undefined })
    expect(document.channels).toMatchObject([{ hosts: 0, converged: 0, states: [] }])
  })

  test('STATUS-3 a host whose clock runs ahead has age 0', async () => {
    const document = await documentOf([{ atMs: NOW_MS + 60_000, channels: [channel()] }])
    expect(document.channels[0]?.states[0]?.ageSeconds).toBe(0)
  })

  test('STATUS-4 an expired head is shown as not fresh', async () => {
    const document = await documentOf([], { nowMs: NOW_MS + 91 * 86_400_000 })
    expect(document.channels).toMatchObject([
      { name: 'web', fresh: false, publishedAt: new Date(NOW_MS).toISOString() },
    ])
  })
})
