import type {
  AccessDocument,
  AccessEffect,
  AccessMethods,
  ControlHandlers,
  ProposalRow,
  RootStepResult,
} from '../../protocol/control/index.ts'

const PEER = '12D3KooWself'
const KEY = 'cd'.repeat(32)

export const aProposal = (more: Partial<ProposalRow> = {}): ProposalRow => ({
  id: 'ef'.repeat(32),
  kind: 'root',
  version: 2,
  channel: null,
  summary: ['root: 2 of 2 keys'],
  proposedAt: '2026-01-01T00:00:00.000Z',
  signed: [{ key: KEY, holder: 'ann', mine: true, at: '2026-01-01T00:00:00.000Z' }],
  missing: [{ role: 'root 2', have: 1, need: 2 }],
  canApprove: false,
  completes: false,
  release: null,
  ...more,
})

export const anEffect = (more: Partial<AccessEffect> = {}): AccessEffect => ({
  leaving: [],
  joining: [],
  invites: [],
  connections: 0,
  roles: [],
  channels: [],
  warnings: [],
  ...more,
})

export const anAccess = (more: Partial<AccessDocument> = {}): AccessDocument => ({
  mesh: {
    id: '00'.repeat(16),
    name: 'acme',
    rootFingerprint: `sha256-${'ff'.repeat(32)}`,
    rootVersion: 1,
    expires: '2030-01-01T00:00:00.000Z',
    revokedKeys: [],
  },
  me: {
    peerId: PEER,
    host: 'self',
    site: 'oslo',
    keys: [{ key: KEY, role: 'root', state: 'active' }],
    lock: { state: 'open', locksAt: null },
  },
  roles: [{ role: 'root', channels: null, threshold: 1, keys: [{ key: KEY, holder: 'ann', mine: true }] }],
  pending: [],
  members: [],
  quarantined: [],
  revoked: [],
  proposals: [],
  ...more,
})

const step: RootStepResult = { rootVersion: 2, done: true, proposal: null, effect: anEffect(), made: null }

/** Handlers of keys and access that answer at once with plausible documents. */
export const fakeAccess: Pick<ControlHandlers, keyof AccessMethods> = {
  access: async () => anAccess(),
  hostRevoke: async ({ host, dryRun }) => ({ host, done: !dryRun, effect: anEffect() }),
  hostsRevoke: async ({ hosts, dryRun }) => ({ hosts, missing: [], done: !dryRun, effect: anEffect() }),
  quarantineResolve: async ({ dryRun }) => ({ host: 'oslo-1', done: !dryRun, effect: anEffect() }),
  keyMake: async ({ role }) => ({ key: KEY, role, state: 'waiting' }),
  keyRotate: async ({ dryRun }) => ({ ...step, done: !dryRun, made: dryRun ? null : KEY }),
  keyRevoke: async ({ dryRun }) => ({ ...step, done: !dryRun }),
  rootPropose: async ({ dryRun }) => ({ ...step, done: !dryRun }),
  rootProposalExport: async () => ({ text: 'shoalstep1text' }),
  rootProposalImport: async () => ({ rootVersion: 2, proposal: null }),
  approve: async ({ dryRun }) => ({ proposal: aProposal(), done: !dryRun, effect: null }),
  keysLock: async ({ passphrase }) => ({ state: passphrase === null ? 'locked' : 'unlocked', locksAt: null }),
  keysUnlock: async () => ({ state: 'unlocked', locksAt: '2026-01-01T00:10:00.000Z' }),
}
