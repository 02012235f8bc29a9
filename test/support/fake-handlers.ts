import type {
  BundleResult,
  ControlHandlers,
  HostRow,
  PublishProgress,
  PublishResult,
  ReleaseRow,
  TargetRow,
} from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import type { HostView, RolloutView, StatusDocument } from '../../protocol/status/index.ts'
import { refusedViews } from './fake-views.ts'
import { fakeAccess } from './fake-access.ts'

/** Documents of the contract's shapes, for tests of what stands around an agent. */
export const aHost = (host: string, more: Partial<HostView> = {}): HostView => ({
  host,
  site: 'oslo',
  peerId: `12D3KooW${host}`,
  sequence: 2,
  manifest: `sha256-${'ab'.repeat(32)}`,
  state: 'settled',
  proved: true,
  progress: 1,
  ageSeconds: 3,
  wave: 1,
  received: { wireBytes: 1024, sameSiteBytes: 1000, otherSiteBytes: 24, wastedBytes: 0, reusedBytes: 0 },
  receivedBy: null,
  transfer: null,
  commit: {
    strategy: 'in-place',
    operations: 7,
    windowMs: 1.5,
    at: '2026-01-01T00:00:00.000Z',
    groups: [],
    weaker: [],
  },
  retained: { releases: 0, bytes: 0, heldBytes: 0 },
  staleProcesses: [],
  atRisk: [],
  error: null,
  ...more,
})

const aBundle = (file: string): BundleResult => ({
  channel: 'web',
  sequence: 2,
  manifest: `sha256-${'ab'.repeat(32)}`,
  file,
  records: 3,
  chunks: 2,
  bytes: 20,
  reusedChunks: 0,
})

export const aStatus = (states: readonly HostView[] = [], sequence = 2): StatusDocument => ({
  mesh: { id: '00'.repeat(16), name: 'acme', rootVersion: 1, expires: '2030-01-01T00:00:00.000Z' },
  self: {
    peerId: '12D3KooWself',
    host: 'self',
    site: 'oslo',
    addresses: ['/ip4/127.0.0.1/tcp/1'],
    peers: 4,
    rssBytes: 9,
    storeBytes: 8,
    reach: {
      behindNat: true,
      relays: ['12D3KooWRelay'],
      relayedBytes: 7,
      unreached: 2,
      nextDialAt: '2026-11-23T00:00:05.000Z',
    },
    connected: [],
    links: null,
  },
  channels: [
    {
      name: 'web',
      sequence,
      manifest: sequence === 0 ? null : `sha256-${'ab'.repeat(32)}`,
      publishedAt: sequence === 0 ? null : '2026-01-01T00:00:00.000Z',
      fresh: true,
      converged: states.filter((state) => state.proved).length,
      hosts: states.length,
      rollout: null,
      states,
    },
  ],
})

export const aMember = (host: string, more: Partial<HostRow> = {}): HostRow => ({
  host,
  site: 'oslo',
  labels: {},
  peerId: `12D3KooW${host}`,
  reportedAt: '2026-01-01T00:00:00.000Z',
  channels: ['web'],
  ...more,
})

export const aRelease = (sequence = 2): ReleaseRow => ({
  channel: 'web',
  sequence,
  manifest: `sha256-${'ab'.repeat(32)}`,
  publishedAt: '2026-01-01T00:00:00.000Z',
  expires: '2026-04-01T00:00:00.000Z',
  entries: 3,
  bytes: 2048,
  message: 'Spring',
  signers: ['cd'.repeat(32)],
})

export const aPublish: PublishResult = {
  channel: 'web',
  sequence: 2,
  manifest: `sha256-${'ab'.repeat(32)}`,
  entries: 3,
  bytes: 2048,
  newBytes: 1024,
  deltaBytes: 0,
  warnings: [],
  changes: null,
  proposal: null,
  waves: null,
}

export const aProgress = (phase: PublishProgress['phase'], files: number): PublishProgress => ({
  phase,
  files,
  bytes: files * 100,
  totalFiles: null,
  totalBytes: null,
  bytesPerSecond: null,
  etaSeconds: null,
})

const aTarget: TargetRow = {
  channel: 'web',
  root: '/srv/web',
  strategy: 'in-place',
  graceMs: 600_000,
  keep: 2,
  source: 'command',
}

/** Two waves, the second of which waits. */
export const aRollout: RolloutView = {
  sequence: 2,
  waves: [
    {
      number: 1,
      select: 'label:role=canary',
      late: false,
      open: true,
      hosts: 5,
      counts: { healthy: 4, held: 0, working: 1, failed: 0, unknown: 0 },
      gates: [
        { kind: 'healthy', passed: false, text: '95 % healthy: 4 of 5 hosts, 5 needed', have: 4, need: 5, at: null },
      ],
    },
    {
      number: 2,
      select: 'all',
      late: false,
      open: false,
      hosts: 95,
      counts: { healthy: 0, held: 95, working: 0, failed: 0, unknown: 0 },
      gates: [],
    },
  ],
  open: 1,
  paused: null,
  promoted: null,
  next: {
    wave: 2,
    text: 'wave 2 waits for 95 % of wave 1 healthy: 4 of 5 hosts so far, newest evidence 12s old',
    at: null,
    evidenceAgeSeconds: 12,
  },
}

/** Waits until `signal` aborts, then fails as the contract asks. */
export const untilCancelled = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const fail = (): void => reject(new ShoalError('CANCELLED', 'cancelled'))
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })

/** Handlers that answer at once with plausible documents; a test replaces the ones it is about. */
export function fakeHandlers(replace: Partial<ControlHandlers> = {}): ControlHandlers {
  return {
    ...fakeAccess,
    ...refusedViews(),
    meshCreate: async ({ name }) => ({
      mesh: '00'.repeat(16),
      name,
      rootFingerprint: 'sha256-ff',
      peerId: '12D3KooWself',
    }),
    meshInvite: async ({ host, site, labels }) => ({
      ticket: 'shoal1ticket',
      host,
      site,
      labels,
      expires: '2026-01-02T00:00:00.000Z',
    }),
    join: async () => ({ mesh: '00'.repeat(16), name: 'acme', host: 'oslo-1', site: 'oslo', peerId: '12D3KooWself' }),
    targetAdd: async (settings) => ({ ...settings, source: 'command' }),
    targetList: async () => [aTarget],
    targetRemove: async () => aTarget,
    targetRetry: async () => aTarget,
    targetConsent: async () => ({ release: 'web@2' }),
    rollback: async () => ({
      channel: 'web',
      sequence: 3,
      manifest: aPublish.manifest,
      rollbackOf: 1,
      waves: null,
      warnings: [],
      entries: 2,
      bytes: 10,
      proposal: null,
    }),
    pause: async ({ channel }) => ({ channel, rollout: aRollout }),
    resume: async ({ channel }) => ({ channel, rollout: aRollout }),
    promote: async ({ channel }) => ({ channel, rollout: aRollout }),
    retryHost: async ({ channel, host }) => ({ channel, host, sequence: 2 }),
    retryHosts: async ({ channel, hosts }) => ({ channel, sequence: 2, hosts, missing: [] }),
    previewWaves: async ({ channel }) => ({ channel, hosts: 0, waves: [], warnings: [] }),
    releases: async () => [aRelease(2), aRelease(1)],
    hosts: async () => [aMember('oslo-1')],
    status: async () => aStatus([aHost('oslo-1')]),
    publish: async function* () {
      yield aProgress('scan', 1)
      yield aProgress('store', 3)
      return aPublish
    },
    show: async function* () {
      yield [
        {
          path: '',
          kind: 'directory',
          mode: 0o755,
          uid: 0,
          gid: 0,
          size: null,
          mtime: '2026-01-01T00:00:00.000Z',
          target: null,
        },
        {
          path: 'a\n\xff',
          kind: 'file',
          mode: 0o4755,
          uid: 0,
          gid: 0,
          size: 5,
          mtime: '2026-01-01T00:00:00.000Z',
          target: null,
        },
      ]
      return aRelease()
    },
    watchStatus: async function* (_req, signal) {
      yield aStatus([aHost('oslo-1')])
      return untilCancelled(signal)
    },
    diff: async function* ({ channel }) {
      yield { kind: 'rows', rows: [{ what: 'added', path: 'a', kind: 'file', size: 1, from: null, risk: null }] }
      return { channel, sequence: 2, added: 1, changed: 0, removed: 0, renamed: 0, risky: 0, newBytes: 1, warnings: [] }
    },
    bundleExport: async function* ({ channel, file }) {
      yield { chunks: 1, totalChunks: 2, bytes: 10, totalBytes: 20 }
      return { ...aBundle(file), channel }
    },
    bundleImport: async function* ({ file }) {
      yield { chunks: 1, totalChunks: 2, bytes: 10, totalBytes: 20 }
      return aBundle(file)
    },
    verify: async function* () {
      yield { kind: 'progress', channel: 'web', files: 1, bytes: 10, totalFiles: 2, totalBytes: 20 }
      return [{ channel: 'web', root: '/srv/web', sequence: 2, manifest: 'sha256-ab', entries: 3, drifted: 0 }]
    },
    ...replace,
  }
}
