import type { AccessDocument, AccessEffect } from '../../../protocol/control/index.ts'
import { DAY, HOUR, NOW } from './fleet.ts'

const iso = (ms: number): string => new Date(ms).toISOString()
const [ROOT, PUBLISHER, OTHER, ENROLLER] = ['1a', '2b', '3c', '4d'].map((pair) => pair.repeat(32)) as [
  string,
  string,
  string,
  string,
]

export const NO_EFFECT: AccessEffect = {
  leaving: [],
  joining: [],
  invites: [],
  connections: 0,
  roles: [],
  channels: [],
  warnings: [],
}

export const REVOKE_EFFECT: AccessEffect = {
  ...NO_EFFECT,
  leaving: [{ host: 'oslo-0002', site: 'oslo', peerId: '12D3KooWoslo2', connected: true, channels: ['web'] }],
  connections: 1,
}

export const revokeEffectOf = (hosts: readonly string[]): AccessEffect => ({
  ...NO_EFFECT,
  leaving: hosts.map((host, i) => ({
    host,
    site: host.slice(0, -5),
    peerId: `12D3KooW${host}`,
    connected: i < 3,
    channels: ['web'],
  })),
  connections: Math.min(3, hosts.length),
  warnings: [`${hosts.length} hosts would leave the mesh for good: to come back, each must be invited and joined anew`],
})

/** A mesh with every kind of row that the page of keys and access shows. */
export function accessOf(members: number): AccessDocument {
  return {
    mesh: {
      id: '0f'.repeat(16),
      name: 'acme',
      rootFingerprint: `sha256-${'9e'.repeat(32)}`,
      rootVersion: 3,
      expires: iso(NOW + 300 * DAY),
      revokedKeys: ['5e'.repeat(32)],
    },
    me: {
      peerId: '12D3KooWQv3yqz1r8oYf5XrKq6m7QWq8w4cUu2dQvVh8rT1wZ9Ab',
      host: 'admin-desk',
      site: 'oslo',
      keys: [
        { key: ROOT, role: 'root', state: 'active' },
        { key: PUBLISHER, role: 'publisher', state: 'active' },
        { key: '6f'.repeat(32), role: 'publisher', state: 'waiting' },
      ],
      lock: { state: 'unlocked', locksAt: iso(NOW + 12 * 60_000) },
    },
    roles: [
      { role: 'root', channels: null, threshold: 1, keys: [{ key: ROOT, holder: 'Ann', mine: true }] },
      {
        role: 'publisher',
        channels: '*',
        threshold: 1,
        keys: [
          { key: PUBLISHER, holder: 'Ann', mine: true },
          { key: OTHER, holder: 'Bo', mine: false },
        ],
      },
      { role: 'enroller', channels: null, threshold: 1, keys: [{ key: ENROLLER, holder: null, mine: true }] },
    ],
    pending: [
      {
        grant: '11'.repeat(16),
        host: 'oslo-0242',
        site: 'oslo',
        labels: { role: 'edge' },
        issuedAt: iso(NOW - HOUR),
        expires: iso(NOW + 23 * HOUR),
        expired: false,
      },
      {
        grant: '12'.repeat(16),
        host: 'ship-8-0001',
        site: 'ship-8',
        labels: {},
        issuedAt: iso(NOW - 9 * DAY),
        expires: iso(NOW - 2 * DAY),
        expired: true,
      },
    ],
    members: Array.from({ length: members }, (_, i) => ({
      host: i === 0 ? 'admin-desk' : `oslo-${String(i).padStart(4, '0')}`,
      site: 'oslo',
      labels: i === 0 ? {} : { role: 'edge', arch: 'x64' },
      peerId: `12D3KooWoslo${i}yqz1r8oYf5XrKq6m7QW`,
      grant: '13'.repeat(16),
      joinedAt: iso(NOW - 200 * DAY),
      connected: i % 3 === 1,
      self: i === 0,
    })),
    quarantined: [
      {
        grant: '14'.repeat(16),
        host: 'nyc3-0457',
        site: 'nyc3',
        claims: [
          { peerId: '12D3KooWfirstClaimantQv3yqz1r8oY', joinedAt: iso(NOW - 3 * HOUR) },
          { peerId: '12D3KooWsecondClaimantf5XrKq6m7Q', joinedAt: iso(NOW - 2 * HOUR) },
        ],
      },
    ],
    revoked: [
      {
        grant: '15'.repeat(16),
        host: 'lab-1',
        peerIds: ['12D3KooWlab'],
        revokedAt: iso(NOW - 20 * DAY),
        reason: 'Laptop was lost',
        signers: [ENROLLER],
      },
    ],
    proposals: [
      {
        id: '7a'.repeat(32),
        kind: 'head',
        version: 18,
        channel: 'base-config',
        summary: [
          'release 18 of base-config, after 17',
          'Resolver for the south',
          'in waves: 5% (33 hosts), then all others',
        ],
        proposedAt: iso(NOW - HOUR),
        signed: [{ key: OTHER, holder: 'Bo', mine: false, at: iso(NOW - HOUR) }],
        missing: [{ role: 'publisher of base-config', have: 1, need: 2 }],
        canApprove: true,
        completes: true,
        release: {
          manifest: `sha256-${'8b'.repeat(32)}`,
          entries: 412,
          bytes: 3_800_000,
          message: 'Resolver for the south',
          expires: iso(NOW + 90 * DAY),
          atOnce: false,
        },
      },
      {
        id: '7b'.repeat(32),
        kind: 'root',
        version: 4,
        channel: null,
        summary: ['adds a publisher of maps*: Cy', 'the root lasts until 2027-06-12'],
        proposedAt: iso(NOW - 2 * DAY),
        signed: [{ key: ROOT, holder: 'Ann', mine: true, at: iso(NOW - 2 * DAY) }],
        missing: [{ role: 'root', have: 1, need: 2 }],
        canApprove: false,
        completes: false,
        release: null,
      },
    ],
  }
}
