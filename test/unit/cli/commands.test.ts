import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { aHost, aProgress, aPublish, aRelease, aStatus, fakeHandlers } from '../../support/fake-handlers.ts'
import { aProposal, anAccess, anEffect } from '../../support/fake-access.ts'
import { cli, outOf } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { serveHome } from './serve-home.ts'

const { warnings: _warnings, changes: _changes, proposal: _proposal, waves: _waves, ...published } = aPublish

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
    [['publish', '/srv', '--channel', 'web', '--seed-until', '0'], published],
    [['publish', '/srv', '--channel', 'web', '--dry-run'], published],
    [['rollback', 'web', '--to', '1', '--seed-until', '0'], { channel: 'web', sequence: 3, rollbackOf: 1 }],
    [['target', 'retry', 'web'], { channel: 'web' }],
    [['hosts', 'revoke', 'oslo-1'], { host: 'oslo-1', done: true }],
    [['hosts', 'quarantine'], []],
    [['keys', 'list'], { mesh: { rootVersion: 1 }, roles: [{ role: 'root' }] }],
    [['keys', 'make', 'publisher'], { role: 'publisher', state: 'waiting' }],
    [['keys', 'rotate', 'publisher', '--dry-run'], { done: false, made: null }],
    [['keys', 'revoke', 'publisher'], { done: true, rootVersion: 2 }],
    [['approve', 'efefefef'], { done: true }],
    [['approve'], []],
    [['target', 'consent', 'web'], { release: 'web@2' }],
    [['verify'], { targets: [{ channel: 'web', drifted: 0 }], drift: [] }],
    [['wait', '--channel', 'web', '--hosts', '1'], aStatus([aHost('oslo-1')])],
  ])('CLI-5 shoal %s --json prints exactly one document', async (argv, document) => {
    const stdout = await outOf([...argv, '--json'])
    expect(stdout.match(/\n/g)).toHaveLength(1)
    expect(JSON.parse(stdout)).toMatchObject(document)
  })

  test('CLI-5 publish has exactly the keys of the contract', async () => {
    const { argv } = { argv: ['publish', '/srv', '--channel', 'web', '--seed-until', '0', '--json'] }
    expect(Object.keys(JSON.parse(await outOf(argv)))).toEqual([
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
      const stdout = await outOf(['show', 'web', '--json'], {
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

describe('keys and access for people', () => {
  const hostile = 'x\n\u001b[31m'
  const row = aProposal({
    summary: [hostile],
    signed: [{ key: 'ab'.repeat(32), holder: hostile, mine: false, at: '' }],
  })

  test('CLI-50 CLI-6 the effect is shown first, and no name in it can forge a line', async () => {
    const leaving = [{ host: hostile, site: hostile, peerId: hostile, connected: true, channels: [hostile] }]
    const effect = anEffect({ warnings: [hostile], leaving, connections: 1 })
    const handlers = {
      hostRevoke: async ({ host, dryRun }: { host: string; dryRun: boolean }) => ({ host, done: !dryRun, effect }),
      approve: async () => ({ proposal: row, done: false, effect }),
      access: async () => anAccess({ proposals: [row] }),
      keyRevoke: async () => ({ rootVersion: 2, done: false, proposal: row, effect, made: null }),
    }
    for (const [argv, first] of [
      [['hosts', 'revoke', 'oslo-1', '--dry-run'], 'oslo-1 would be revoked; nothing was changed'],
      [['hosts', 'revoke', 'oslo-1'], 'oslo-1 is revoked'],
      [['keys', 'revoke', 'publisher'], 'root 2 is proposed'],
      [['approve', 'efefefef', '--dry-run'], 'nothing was signed'],
      [['approve'], 'efefefefefefefef  root 2  proposed 2026-01-01T00:00:00.000Z'],
      [['keys', 'list'], 'root 1, valid until 2030-01-01T00:00:00.000Z; keys of this home: not encrypted'],
    ] as const) {
      const stdout = await outOf(argv, { handlers })
      expect(stdout.split('\n')[0]).toBe(first)
      expect(stdout).not.toContain('\u001b')
      expect(stdout).not.toMatch(/^x$/m)
    }
  })

  test('CLI-51 a change of keys goes out to a file and comes in from one', async () => {
    const file = join(await tempDir(), 'step.txt')
    await outOf(['keys', 'export', 'efefefef', file])
    const texts: string[] = []
    const rootProposalImport = async ({ text }: { text: string }) => {
      texts.push(text)
      return { rootVersion: 2, proposal: row }
    }
    expect(await outOf(['keys', 'import', file], { handlers: { rootProposalImport } })).toContain('shoal approve')
    expect(texts).toEqual(['shoalstep1text'])
  })

  test('CLI-52 a command without an agent unlocks the keys for itself where the environment says how', async () => {
    const file = join(await tempDir(), 'pass')
    writeFileSync(file, 'secret\nrest\n')
    const given: string[] = []
    const locked = anAccess()
    const handlers = {
      access: async () => ({ ...locked, me: { ...locked.me, lock: { state: 'locked' as const, locksAt: null } } }),
      keysUnlock: async ({ passphrase }: { passphrase: string }) => {
        given.push(passphrase)
        return { state: 'unlocked' as const, locksAt: null }
      },
    }
    await outOf(['keys', 'rotate', 'publisher'], { handlers })
    expect(given).toEqual([])
    await outOf(['keys', 'rotate', 'publisher'], { handlers, env: { SHOAL_PASSPHRASE_FILE: file } })
    expect(given).toEqual(['secret'])
    const { stderr, code } = await cli({
      argv: ['keys', 'rotate', 'publisher'],
      home: await tempDir(),
      handlers,
      env: { SHOAL_PASSPHRASE_FILE: `${file}.none` },
    })
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringMatching(/^shoal: FILE_SYSTEM: /) })
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
        yield aProgress('scan', 0)
        return aPublish
      },
    }
    for (const dir of ['site', '/x/../y/', '.'])
      await outOf(['publish', dir, '--channel', 'web', '--dry-run'], { handlers })
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
