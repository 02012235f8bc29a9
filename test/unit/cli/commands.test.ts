import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ShoalError } from '../../../protocol/errors/index.ts'
import {
  aHost,
  aProgress,
  aPublish,
  aRelease,
  aStatus,
  fakeHandlers,
  untilCancelled,
} from '../../support/fake-handlers.ts'
import { cli, startCli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { serveHome } from './serve-home.ts'

/** stdout of a run that must succeed. */
async function out(argv: readonly string[], more: Partial<Parameters<typeof cli>[0]> = {}): Promise<string> {
  const { code, stdout, stderr } = await cli({ home: await tempDir(), ...more, argv })
  expect({ code, stderr }).toMatchObject({ code: 0 })
  return stdout
}

describe('one document', () => {
  test.each([
    [
      ['mesh', 'create', 'Acme'],
      { mesh: '00'.repeat(16), name: 'Acme', rootFingerprint: 'sha256-ff', peerId: '12D3KooWself' },
    ],
    [
      ['mesh', 'invite', 'oslo-1', '--site', 'oslo', '--label', 'role=web'],
      {
        ticket: 'shoal1ticket',
        host: 'oslo-1',
        site: 'oslo',
        labels: { role: 'web' },
        expires: '2026-01-02T00:00:00.000Z',
      },
    ],
    [['join', ' shoal1ticket\n'], { host: 'oslo-1' }],
    [
      ['target', 'add', 'web', 'www', '--grace', '1h'],
      { channel: 'web', root: '/srv/www', strategy: 'in-place', graceMs: 3_600_000, keep: 2, source: 'command' },
    ],
    [['target', 'list'], [{ channel: 'web' }]],
    [['target', 'remove', 'web'], { channel: 'web' }],
    [
      ['releases', '--channel', 'web'],
      [aRelease(2), aRelease(1)],
    ],
    [['hosts'], [{ host: 'oslo-1' }]],
    [['status'], aStatus([aHost('oslo-1')])],
    [['publish', '/srv', '--channel', 'web', '--seed-until', '0'], aPublish],
    [['publish', '/srv', '--channel', 'web', '--dry-run'], aPublish],
    [['verify'], { targets: [{ channel: 'web', drifted: 0 }], drift: [] }],
    [['wait', '--channel', 'web', '--hosts', '1'], aStatus([aHost('oslo-1')])],
  ])('CLI-5 shoal %s --json prints exactly one document', async (argv, document) => {
    const stdout = await out([...argv, '--json'])
    expect(stdout.match(/\n/g)).toHaveLength(1)
    expect(JSON.parse(stdout)).toMatchObject(document)
  })

  test('CLI-5 publish has exactly the keys of the contract', async () => {
    const { argv } = { argv: ['publish', '/srv', '--channel', 'web', '--seed-until', '0', '--json'] }
    expect(Object.keys(JSON.parse(await out(argv)))).toEqual([
      'channel',
      'sequence',
      'manifest',
      'entries',
      'bytes',
      'newBytes',
      'deltaBytes',
    ])
  })

  test('CLI-5 show prints one document however many pages there are', async () => {
    const entry = { kind: 'file', mode: 0o644, uid: 0, gid: 0, size: 1, mtime: null, target: null } as const
    for (const pages of [0, 1, 3]) {
      const stdout = await out(['show', 'web', '--json'], {
        handlers: {
          show: async function* () {
            for (let i = 0; i < pages; i++)
              yield [
                { ...entry, path: `a${i}` },
                { ...entry, path: `b${i}\xff\n` },
              ]
            return aRelease()
          },
        },
      })
      const document = JSON.parse(stdout) as { entries: { path: string }[]; release: unknown }
      expect(document.release).toEqual(aRelease())
      expect(document.entries).toHaveLength(pages * 2)
      if (pages > 0) expect(document.entries[1]?.path).toBe('b0\\xff\\x0a')
    }
  })

  test('CLI-5 a failure leaves stdout empty', async () => {
    const handlers = { status: async () => Promise.reject(new ShoalError('NO_MESH', 'no mesh')) }
    const { code, stdout, stderr } = await cli({ argv: ['status', '--json'], home: await tempDir(), handlers })
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: 'shoal: NO_MESH: no mesh\n' })
  })
})

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
      const stdout = await out(argv, { handlers })
      expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{C}/u)
      expect(stdout).not.toMatch(/^\u001b|^x$/m)
    }
    // And as JSON: the same text for a parser, nothing raw for a terminal.
    const json = await out(['status', '--json'], { handlers })
    expect(json.trimEnd()).not.toMatch(/\p{C}/u)
    expect(JSON.parse(json)).toMatchObject({ mesh: { name: hostile } })
  })

  test('CLI-6 tables are aligned, sizes in IEC units, times in UTC', async () => {
    expect(await out(['releases', '--channel', 'web'])).toBe(
      [
        'RELEASE  PUBLISHED                 ENTRIES      SIZE  MANIFEST             MESSAGE',
        'web@2    2026-01-01T00:00:00.000Z        3  2.00 KiB  sha256-abababababab  Spring',
        'web@1    2026-01-01T00:00:00.000Z        3  2.00 KiB  sha256-abababababab  Spring',
        '',
      ].join('\n'),
    )
    expect(await out(['show', 'web'])).toBe(
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
    expect(await out(['status'])).toContain(
      'web@2  sha256-abababababab  published 2026-01-01T00:00:00.000Z\n  1 of 1 host proved it\n',
    )
  })

  test('CLI-6 mesh invite prints the ticket line alone, fit for $(…)', async () => {
    expect(await out(['mesh', 'invite', 'oslo-1', '--site', 'oslo'])).toBe('shoal1ticket\n')
  })
})

describe('the home', () => {
  test('CLI-7 a command that makes nothing does not make a home either', async () => {
    const home = join(await tempDir(), 'typo')
    for (const argv of [
      ['status'],
      ['publish', '/srv', '--channel', 'web'],
      ['agent'],
      ['wait', '--channel', 'web'],
      ['target', 'list'],
      ['verify'],
    ]) {
      const { code, stderr } = await cli({ argv, home })
      expect(code).toBe(1)
      expect(stderr).toMatch(/^shoal: NO_MESH: there is no home .*typo; shoal mesh create or shoal join makes one/)
    }
    expect(existsSync(home)).toBe(false)
    expect((await cli({ argv: ['mesh', 'create', 'a'], home })).code).toBe(0)
    expect(existsSync(home)).toBe(true)
  })

  test('CLI-7 directories are taken from the current one', async () => {
    const roots: string[] = []
    const handlers = {
      publish: async function* ({ dir }: { readonly dir: string }) {
        roots.push(dir)
        return aPublish
      },
    }
    for (const dir of ['site', '/x/../y/', '.'])
      await out(['publish', dir, '--channel', 'web', '--dry-run'], { handlers })
    expect(roots).toEqual(['/srv/site', '/y', '/srv'])
  })

  test('CTL-11 with a running agent every command goes to it, and the home is not opened', async () => {
    const home = await serveHome(
      fakeHandlers({ meshCreate: async () => Promise.reject(new ShoalError('HOME_HAS_MESH', 'it has one')) }),
    )
    const status = await cli({ argv: ['status', '--json'], home })
    expect(JSON.parse(status.stdout)).toEqual(aStatus([aHost('oslo-1')]))
    expect(status.used).toEqual([])
    expect((await cli({ argv: ['mesh', 'create', 'a'], home })).stderr).toBe('shoal: HOME_HAS_MESH: it has one\n')
  })
})

describe('verify', () => {
  const drifting = {
    verify: async function* () {
      yield { kind: 'drift', channel: 'web', path: 'a\xff', what: 'content', detail: 'edited' } as const
      yield { kind: 'drift', channel: 'web', path: 'b', what: 'missing', detail: '' } as const
      return [
        { channel: 'web', root: '/srv/web', sequence: 2, manifest: 'sha256-ab', entries: 3, drifted: 2 },
        { channel: 'base', root: '/etc', sequence: 0, manifest: null, entries: 0, drifted: 0 },
      ]
    },
  }

  test('CLI-17 drift is listed and ends with DRIFT_FOUND, exit 1', async () => {
    const { code, stdout, stderr } = await cli({ argv: ['verify'], home: await tempDir(), handlers: drifting })
    expect(code).toBe(1)
    expect(stdout).toBe(
      'content     web  a\\xff  edited\nmissing     web  b\ndrifted     web@2  /srv/web  2 paths\nempty       base  /etc  nothing was committed here yet\n',
    )
    expect(stderr).toBe('shoal: DRIFT_FOUND: 2 paths in web (/srv/web) not as published; nothing was changed\n')
  })

  test('CLI-17 with --json drift is one document, exit 1', async () => {
    const { code, stdout } = await cli({ argv: ['verify', '--json'], home: await tempDir(), handlers: drifting })
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      targets: [
        { channel: 'web', drifted: 2 },
        { channel: 'base', manifest: null },
      ],
      drift: [
        { channel: 'web', path: 'a\\xff', what: 'content', detail: 'edited' },
        { path: 'b', what: 'missing' },
      ],
    })
  })
})

describe('publish', () => {
  test('CLI-10 without an agent it starts one in this process, prints its document when published, and seeds until enough hosts proved it', async () => {
    const proved = Promise.withResolvers<void>()
    let released = false
    const run = startCli({
      argv: ['publish', '/srv', '--channel', 'web', '--json', '--seed-until', '2', '--listen', '/ip4/127.0.0.1/tcp/0'],
      home: await tempDir(),
      handlers: {
        watchStatus: async function* () {
          // This node's own word does not count, nor an older release's.
          yield aStatus([aHost('self', { peerId: '12D3KooWself' }), aHost('oslo-1'), aHost('oslo-2', { sequence: 1 })])
          await proved.promise
          released = true
          yield aStatus([aHost('oslo-1'), aHost('oslo-2', { sequence: 3 })])
          throw new Error('nobody should read on')
        },
      },
    })
    while (run.stdout() === '') await new Promise((resolve) => setTimeout(resolve, 1))
    expect(JSON.parse(run.stdout())).toEqual(aPublish)
    while (!run.stderr().includes('1 of 2 hosts')) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(released).toBe(false)
    proved.resolve()
    const { code, stdout, stderr, used, inits } = await run.result
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual(aPublish)
    expect(stderr).toContain('2 hosts proved web@2\n')
    expect(used).toEqual(['createAgent', 'start', 'stop'])
    expect(inits[0]).toMatchObject({ listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [] })
  })

  test('CLI-10 being interrupted while seeding is a good end', async () => {
    const stop = new AbortController()
    const run = startCli({
      argv: ['publish', '/srv', '--channel', 'web'],
      home: await tempDir(),
      signal: stop.signal,
      handlers: {
        watchStatus: async function* (_req, signal) {
          yield aStatus([])
          stop.abort()
          return untilCancelled(signal)
        },
      },
    })
    const { code, stderr, used } = await run.result
    expect(code).toBe(0)
    expect(stderr).toContain('stopped seeding web@2: 0 of 1 host proved it; shoal agent goes on serving it')
    expect(used.at(-1)).toBe('stop')
  })

  test('CLI-10 --seed-until 0 and --dry-run need no network', async () => {
    for (const flag of [['--seed-until', '0'], ['--dry-run']]) {
      const { used } = await cli({ argv: ['publish', '/srv', '--channel', 'web', ...flag], home: await tempDir() })
      expect(used).toEqual(['openOffline', 'close'])
    }
  })

  test('CLI-11 with a running agent it is told to publish, and serves by itself', async () => {
    const home = await serveHome(fakeHandlers())
    const { code, stdout, used } = await cli({ argv: ['publish', '/srv', '--channel', 'web', '--json'], home })
    expect({ code, used }).toEqual({ code: 0, used: [] })
    expect(JSON.parse(stdout)).toEqual(aPublish)
  })

  test('CLI-22 interrupting the publishing cancels it, waits until it has unwound, and exits 1', async () => {
    const stop = new AbortController()
    const events: string[] = []
    const { code, stdout, stderr, used } = await cli({
      argv: ['publish', '/srv', '--channel', 'web', '--json'],
      home: await tempDir(),
      signal: stop.signal,
      handlers: {
        publish: async function* (_req, signal) {
          try {
            yield aProgress('scan', 1)
            stop.abort()
            for (let i = 0; i < 1000; i++) {
              signal.throwIfAborted()
              yield aProgress('store', i)
            }
            return aPublish
          } finally {
            events.push('unwound')
          }
        },
      },
    })
    expect({ code, stdout, events }).toEqual({ code: 1, stdout: '', events: ['unwound'] })
    expect(stderr).toMatch(/shoal: CANCELLED: /)
    expect(used).toEqual(['createAgent', 'start', 'stop'])
  })

  test('CLI-16 progress goes to stderr: phases in a log, one rewritten line on a terminal', async () => {
    const argv = ['publish', '/srv', '--channel', 'web', '--dry-run']
    const progress = {
      ...aProgress('store', 812),
      totalFiles: 2400,
      totalBytes: 2 ** 30,
      bytesPerSecond: 2 ** 27,
      etaSeconds: 7.5,
    }
    const handlers = {
      publish: async function* () {
        for (let i = 0; i < 100; i++) yield progress
        yield { ...progress, phase: 'sign' } as const
        return aPublish
      },
    }
    const log = await cli({ argv, home: await tempDir(), handlers })
    expect(log.stderr).toBe(
      'store  812 of 2400 files  79.3 KiB of 1.00 GiB  128 MiB/s  8s left\nsign  812 of 2400 files  79.3 KiB of 1.00 GiB  128 MiB/s  8s left\n',
    )
    const terminal = await cli({ argv, home: await tempDir(), handlers, tty: true })
    expect(terminal.stderr).not.toContain('\n')
    expect(terminal.stderr.startsWith('\rstore  812')).toBe(true)
    expect(terminal.stderr.endsWith('\r\u001b[K')).toBe(true)
  })

  test('CLI-10 an agent that does not start is stopped and its error is the answer', async () => {
    const events: string[] = []
    const { code, stderr } = await cli({
      argv: ['publish', '/srv', '--channel', 'web'],
      home: await tempDir(),
      agent: {
        createAgent: () => ({
          start: async () => Promise.reject(new ShoalError('ADDRESS_IN_USE', 'taken')),
          stop: async () => void events.push('stop'),
          handlers: fakeHandlers(),
          peerId: () => '',
          addresses: () => [],
          failure: new Promise(() => undefined),
        }),
      },
    })
    expect({ code, stderr, events }).toEqual({ code: 1, stderr: 'shoal: ADDRESS_IN_USE: taken\n', events: ['stop'] })
  })
})

describe('status --watch', () => {
  test('CLI-18 a document a line until interrupted, which is a good end', async () => {
    const stop = new AbortController()
    const home = await serveHome(
      fakeHandlers({
        watchStatus: async function* (_req, signal) {
          yield aStatus([], 1)
          yield aStatus([], 2)
          setTimeout(() => stop.abort(), 10)
          return untilCancelled(signal)
        },
      }),
    )
    const { code, stdout, stderr } = await cli({ argv: ['status', '--watch', '--json'], home, signal: stop.signal })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as ReturnType<typeof aStatus>).channels[0]?.sequence),
    ).toEqual([1, 2])
  })

  test('CLI-18 without an agent nothing would change: AGENT_UNREACHABLE', async () => {
    const { code, stderr } = await cli({ argv: ['status', '--watch'], home: await tempDir() })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^shoal: AGENT_UNREACHABLE: no agent runs on this home/)
  })
})

describe('demo', () => {
  test('CLI-23 hands its flags over, and its failure is the exit code', async () => {
    const seen: unknown[] = []
    const demo = async (options: object): Promise<void> => void seen.push(options)
    expect((await cli({ argv: ['demo'], demo })).code).toBe(0)
    expect(
      (await cli({ argv: ['demo', '--hosts', '3', '--sites', '1', '--keep', '--trees', 'a', '/b', '--json'], demo }))
        .code,
    ).toBe(0)
    expect(seen).toMatchObject([
      { hosts: 5, sites: 2, keep: false, trees: undefined, json: false, program: '/bin/shoal.mjs', node: '/bin/node' },
      { hosts: 3, sites: 1, keep: true, trees: ['/srv/a', '/b'], json: true },
    ])
    const failing = async (): Promise<void> => Promise.reject(new ShoalError('TIMED_OUT', 'not all proved it'))
    expect((await cli({ argv: ['demo'], demo: failing })).code).toBe(3)
  })
})
