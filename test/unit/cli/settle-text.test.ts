import { expect, test } from 'vitest'
import type { StaleProcessView } from '../../../protocol/status/index.ts'
import { aHost, aPublish, aStatus } from '../../support/fake-handlers.ts'
import { cli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'

const aProcess: StaleProcessView = {
  pid: 41,
  why: 'mapped',
  startedAt: '2026-01-01T00:00:00.000Z',
  unit: 'web.service',
  command: 'web\u001b[31m --serve',
  paths: ['lib/a.so', 'lib/b.so', 'lib/c.so', 'lib/d.so'],
}

const SHOWN =
  'pid 41  web.service  web\\u{1b}[31m --serve  since 2026-01-01T00:00:00.000Z: a library or file that it maps is replaced (lib/a.so, lib/b.so, lib/c.so and 1 more)'

test('CLI-25 status tells group windows, weaker guarantees, what is retained, and processes with the reason in words', async () => {
  const { commit } = aHost('oslo-1')
  if (commit === null) throw new TypeError('a host of the fakes has committed')
  const host = aHost('oslo-1', {
    commit: { ...commit, groups: [{ name: 'pages', operations: 3, windowMs: 2 }], weaker: ['no RENAME_EXCHANGE\n'] },
    retained: { releases: 1, bytes: 2048, heldBytes: 1024 },
    staleProcesses: [aProcess],
    atRisk: [{ ...aProcess, pid: 42, why: 'watched', unit: '', paths: [] }],
  })
  const handlers = { status: async () => aStatus([host, aHost('oslo-2')]) }
  const { stdout } = await cli({ argv: ['status'], home: await tempDir(), handlers })
  const lines = stdout.split('\n')
  expect(lines.find((line) => line.includes('HOST'))).toContain('RETAINED')
  expect(lines.find((line) => line.startsWith('  oslo-1  oslo'))).toContain('2.00 KiB')
  expect(lines.filter((line) => /^ {2}oslo-\d {2}(?!oslo)/.test(line))).toEqual([
    '  oslo-1  group pages: 3 operations within 2ms',
    '  oslo-1  weaker: no RENAME_EXCHANGE\\u{a}',
    '  oslo-1  1.00 KiB of what is retained are still held by processes',
    `  oslo-1  runs on an older release: ${SHOWN}`,
    '  oslo-1  will run on an older release: pid 42  web\\u{1b}[31m --serve  since 2026-01-01T00:00:00.000Z: it started before a change of what it reads once',
  ])
})

const changes = {
  added: 1,
  changed: 2,
  removed: 0,
  groups: [{ name: 'pages', paths: 7 }],
  maxWindowMs: 250,
  watched: 1,
  atRisk: [aProcess],
}
const dryRun = {
  publish: async function* () {
    yield* []
    return { ...aPublish, changes, warnings: ['shoal.toml: watch x matches nothing in this release'] }
  },
}

test('CLI-26 a dry run says what would change and who is at risk; warnings are on stderr', async () => {
  const argv = ['publish', '/srv', '--channel', 'web', '--dry-run']
  const { code, stdout, stderr } = await cli({ argv, home: await tempDir(), handlers: dryRun })
  expect(code).toBe(0)
  expect(stderr).toContain('warning: shoal.toml: watch x matches nothing in this release\n')
  expect(stdout.split('\n').slice(2)).toEqual([
    'against the head: 1 path added, 2 changed, 0 removed; 1 of them watched',
    'group pages: 7 paths',
    'window of a commit: at most 250ms',
    'processes of this host that would run on what is replaced:',
    `  ${SHOWN}`,
    '',
  ])
})

test('CLI-26 with --json it is the document of publish and `changes`', async () => {
  const argv = ['publish', '/srv', '--channel', 'web', '--dry-run', '--json']
  const { stdout } = await cli({ argv, home: await tempDir(), handlers: dryRun })
  expect(JSON.parse(stdout)).toMatchObject({ sequence: 2, changes })
})

const copies = {
  verify: async function* () {
    const at = '/srv/web/.shoal/kept/000000000002/a\xff'
    yield {
      kind: 'kept',
      channel: 'web',
      path: 'a\xff',
      at,
      sequence: 2,
      bytes: 5,
      changed: '2026-01-01T00:00:00.000Z',
    } as const
    const retained = { kind: 'retained', channel: 'web', since: '2026-01-02T00:00:00.000Z' } as const
    yield { ...retained, at: '/srv/web/.shoal/retained/000000000002', sequence: 2, whole: false }
    yield { ...retained, at: '/srv/.shoal/web/generations/000000000001', sequence: 1, whole: true }
    return [{ channel: 'web', root: '/srv/web', sequence: 2, manifest: 'sha256-ab', entries: 3, drifted: 0 }]
  },
}

test('CLI-27 verify lists copies of local edits and what is retained, and neither is drift', async () => {
  const { code, stdout } = await cli({ argv: ['verify'], home: await tempDir(), handlers: copies })
  expect(code).toBe(0)
  expect(stdout.split('\n')).toEqual([
    'kept        web  a\\xff  5 B, changed 2026-01-01T00:00:00.000Z, replaced by release 2; the copy: /srv/web/.shoal/kept/000000000002/a\\xff',
    'retained    web  what release 2 replaced, since 2026-01-02T00:00:00.000Z: /srv/web/.shoal/retained/000000000002',
    'retained    web  the tree of release 1, since 2026-01-02T00:00:00.000Z: /srv/.shoal/web/generations/000000000001',
    'as published  web@2  /srv/web  3 entries, sha256-ab',
    '',
  ])
})

test('CLI-27 with --json they are lists of their own', async () => {
  const { stdout } = await cli({ argv: ['verify', '--json'], home: await tempDir(), handlers: copies })
  expect(JSON.parse(stdout)).toMatchObject({
    drift: [],
    kept: [{ channel: 'web', path: 'a\\xff', sequence: 2, bytes: 5 }],
    retained: [
      { sequence: 2, whole: false },
      { sequence: 1, whole: true },
    ],
  })
})

test('CLI-28 rollback without an agent seeds as publish does, and says what is published again', async () => {
  const handlers = {
    watchStatus: async function* () {
      yield aStatus([aHost('oslo-1', { sequence: 3 })], 3)
      return null
    },
  }
  const { code, stdout, used } = await cli({ argv: ['rollback', 'web', '--to', '1'], home: await tempDir(), handlers })
  expect({ code, used }).toEqual({ code: 0, used: ['createAgent', 'start', 'stop'] })
  expect(stdout).toMatch(/^published web@3 {2}sha256-\w+\nthe content of release 1 again: 2 entries, 10 B\n/)
})

test('CLI-28 rollback --seed-until 0 needs no network', async () => {
  const { used } = await cli({ argv: ['rollback', 'web', '--to', '1', '--seed-until', '0'], home: await tempDir() })
  expect(used).toEqual(['openOffline', 'close'])
})

test('CLI-29 target retry tells which tree follows its head again', async () => {
  const { stdout } = await cli({ argv: ['target', 'retry', 'web'], home: await tempDir() })
  expect(stdout).toBe('web at /srv/web follows its head again\n')
})

test('CLI-30 target consent tells which release is fetched now', async () => {
  const { stdout } = await cli({ argv: ['target', 'consent', 'web'], home: await tempDir() })
  expect(stdout).toBe('web@2 is fetched, whatever it costs\n')
})
