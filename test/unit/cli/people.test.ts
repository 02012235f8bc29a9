import { describe, expect, test } from 'vitest'
import { aHost, aRelease, aStatus } from '../../support/fake-handlers.ts'
import { outOf } from '../../support/run-cli.ts'

describe('for people', () => {
  const hostile = 'x\n\u001b[31m\u202e'

  test('CLI-6 no name, message or path can forge a line or an escape code, in any table', async () => {
    const state = aHost(hostile, { site: hostile, peerId: hostile, error: { code: hostile, message: hostile } })
    const status = aStatus([state])
    const target = {
      channel: 'web',
      root: `/${hostile}`,
      strategy: 'in-place',
      graceMs: 0,
      keep: 0,
      source: 'config',
    } as const
    const handlers = {
      status: async () => ({
        ...status,
        mesh: { ...status.mesh, name: hostile },
        self: { ...status.self, addresses: [hostile] },
      }),
      releases: async () => [{ ...aRelease(), message: hostile }],
      hosts: async () => [
        { host: 'a', site: 'b', labels: { k: hostile }, peerId: 'p', reportedAt: null, channels: [] },
      ],
      targetList: async () => [target],
      targetRemove: async () => target,
      join: async () => ({ mesh: '', name: hostile, host: 'a', site: 'b', peerId: 'p' }),
      show: async function* () {
        yield [
          {
            path: 'a\n\x1b[31m',
            kind: 'symlink',
            mode: null,
            uid: 0,
            gid: 0,
            size: null,
            mtime: null,
            target: 'b\n',
          } as const,
        ]
        return { ...aRelease(), message: hostile }
      },
      verify: async function* () {
        yield { kind: 'drift', channel: 'web', path: 'a\n\x1b[31m', what: 'content', detail: hostile } as const
        return [{ channel: 'web', root: hostile, sequence: 1, manifest: 'm', entries: 1, drifted: 0 }]
      },
    }
    for (const argv of [
      ['status'],
      ['releases', '--channel', 'web'],
      ['hosts'],
      ['target', 'list'],
      ['target', 'remove', 'web'],
      ['join', 't'],
      ['show', 'web'],
      ['verify'],
    ]) {
      const stdout = await outOf(argv, { handlers })
      expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
      expect(stdout).not.toMatch(/^x$/m)
    }
    // And as JSON: the same text for a parser, nothing raw for a terminal.
    const json = await outOf(['status', '--json'], { handlers })
    expect(json.trimEnd()).not.toMatch(/\p{C}/u)
    expect(JSON.parse(json)).toMatchObject({ mesh: { name: hostile } })
  })

  test('CLI-6 tables are aligned, sizes in IEC units, times in UTC', async () => {
    expect(await outOf(['releases', '--channel', 'web'])).toBe(
      [
        'RELEASE  PUBLISHED                 ENTRIES      SIZE  MANIFEST             MESSAGE',
        'web@2    2026-01-01T00:00:00.000Z        3  2.00 KiB  sha256-abababababab  Spring',
        'web@1    2026-01-01T00:00:00.000Z        3  2.00 KiB  sha256-abababababab  Spring',
        '',
      ].join('\n'),
    )
    expect(await outOf(['show', 'web'])).toBe(
      [
        'drwxr-xr-x  0:0                    2026-01-01T00:00:00Z  .',
        '-rwsr-xr-x  0:0               5 B  2026-01-01T00:00:00Z  a\\x0a\\xff',
        'release   web@2',
        `manifest  sha256-${'ab'.repeat(32)}`,
        'published 2026-01-01T00:00:00.000Z, expires 2026-04-01T00:00:00.000Z',
        'tree      3 entries, 2.00 KiB',
        'message   Spring',
        '',
      ].join('\n'),
    )
    expect(await outOf(['status'])).toContain(
      'web@2  sha256-abababababab  published 2026-01-01T00:00:00.000Z\n  1 of 1 host proved it\n',
    )
  })

  test('CLI-6 mesh invite prints the ticket line alone, fit for $(…)', async () => {
    expect(await outOf(['mesh', 'invite', 'oslo-1', '--site', 'oslo'])).toBe('shoal1ticket\n')
  })
})
