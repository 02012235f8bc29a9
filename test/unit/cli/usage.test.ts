import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ERRORS, type ErrorCode, ShoalError } from '../../../protocol/errors/index.ts'
import { cli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** Every command of the contract with arguments that are right. */
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'mesh create': ['acme'],
  'mesh invite': ['oslo-1', '--site', 'oslo', '--label', 'role=web', '--label', 'rack=7', '--expires', '12h'],
  join: ['shoal1x'],
  agent: ['--listen', '/ip4/127.0.0.1/tcp/0', '--bootstrap', '/ip4/10.0.0.1/tcp/1', '--metrics', '127.0.0.1:0'],
  'target add': ['web', '/srv/web', '--strategy', 'in-place', '--grace', '5m', '--keep', '3'],
  'target list': [],
  'target remove': ['web'],
  publish: ['site', '--channel', 'web', '--message', 'x', '--expires', '30d', '--dry-run', '--seed-until', '2'],
  diff: ['site', '--channel', 'web'],
  releases: ['--channel', 'web'],
  show: ['web@2'],
  status: ['--watch', '--hosts', 'oslo'],
  wait: ['--channel', 'web', '--sequence', '2', '--hosts', 'all', '--timeout', '5m'],
  why: ['oslo-1', '--channel', 'web'],
  verify: ['--channel', 'web', '--deep'],
  rollback: ['web', '--to', '1', '--wave', '5%'],
  pause: ['web', '--wave', '1'],
  resume: ['web'],
  promote: ['web'],
  'bundle export': ['file', '--channel', 'web', '--for', 'oslo'],
  'bundle import': ['file'],
  hosts: ['is:failed -site:oslo'],
  'hosts revoke': ['oslo-1', '--reason', 'lost', '--dry-run'],
  'hosts keep': ['oslo-1', '12D3KooWx', '--dry-run'],
  'hosts quarantine': [],
  'keys list': [],
  'keys make': ['root'],
  'keys add': ['publisher', 'ab'.repeat(32), '--channels', 'web*', '--holder', 'ben', '--threshold', '2'],
  'keys remove': ['root', 'ab'.repeat(32), '--threshold', '1', '--dry-run'],
  'keys export': ['3fa94c01', 'file'],
  'keys import': ['file'],
  'keys lock': [],
  'keys unlock': ['--passphrase-file', '/dev/null', '--idle', '5m'],
  approve: ['3fa94c01', '--instead', '--dry-run'],
  'keys rotate': ['publisher'],
  'keys revoke': ['publisher'],
  doctor: [],
  web: ['--port', '0', '--idle', '8h'],
  demo: ['--hosts', '3', '--sites', '2', '--keep', '--trees', 'a', 'b'],
  completion: ['bash'],
}

const words = (command: string): readonly string[] => command.split(' ')

describe('help', () => {
  test.each([...Object.keys(COMMANDS), 'mesh', 'target', 'bundle', 'keys'])(
    'CLI-9 shoal %s has help with one example, and the example is its own',
    async (command) => {
      const { code, stdout, stderr } = await cli({ argv: [...words(command), '--help'] })
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toMatch(new RegExp(`^Usage: shoal ${command}\\b`))
      expect(stdout.match(/^Example:\n  \$ shoal .+$/gm)).toHaveLength(1)
      expect(stdout).toContain(`$ shoal ${command}`)
      expect(stdout).toContain('--home')
      expect(stdout).toContain('--json')
    },
  )

  test('CLI-9 every example is a command line that parses', async () => {
    for (const command of Object.keys(COMMANDS)) {
      const { stdout } = await cli({ argv: [...words(command), '--help'] })
      const example = /\$ shoal (.+)$/m.exec(stdout)?.[1] ?? ''
      const argv = (example.split(' > ')[0] ?? '').match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', '')) ?? []
      const { stderr } = await cli({ argv })
      // The home of this run cannot be made: whatever else is said, it is not about usage.
      expect(stderr).not.toMatch(/USAGE/)
    }
  })

  test('CLI-9 the program itself: every command, the exit codes and one example', async () => {
    const { code, stdout, stderr } = await cli({ argv: ['--help'] })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const command of Object.keys(COMMANDS)) expect(stdout).toContain(`\n  ${words(command)[0]} `)
    expect(stdout).toContain('$ shoal demo')
    for (const exit of [0, 1, 2, 3, 4, 5]) expect(stdout).toMatch(new RegExp(`^  ${exit}  `, 'm'))
    expect((await cli({ argv: ['help', 'publish'] })).stdout).toMatch(/^Usage: shoal publish/)
    expect((await cli({ argv: ['--version'] })).stdout).toBe('0.0.0\n')
  })
})

const BAD: readonly (readonly string[])[] = [
  [],
  ['nonsense'],
  ['--nonsense'],
  ['mesh'],
  ['mesh', 'nonsense'],
  ['target'],
  ['bundle'],
  ['keys'],
  ['--home'],
  ['--home', '', 'status'],
  // missing
  ['mesh', 'create'],
  ['mesh', 'invite', '--site', 'oslo'],
  ['mesh', 'invite', 'oslo-1'],
  ['join'],
  ['target', 'add', 'web'],
  ['target', 'remove'],
  ['publish', 'site'],
  ['publish', '--channel', 'web'],
  ['diff', 'site'],
  ['releases'],
  ['show'],
  ['wait'],
  ['why'],
  ['rollback', 'web'],
  ['pause'],
  ['pause', 'web', '--wave', '0'],
  ['resume', 'web', '--wave', 'all'],
  ['promote', 'web', '--wave', 'some'],
  ['bundle', 'export', 'file'],
  ['hosts', 'revoke'],
  ['keys', 'rotate'],
  ['keys', 'rotate', 'host'],
  ['keys', 'make', 'host'],
  ['keys', 'add', 'root', 'ab'],
  ['keys', 'remove', 'root'],
  ['keys', 'unlock'],
  ['approve', 'xyz'],
  ['hosts', 'keep', 'oslo-1'],
  ['completion'],
  // too many
  ['mesh', 'create', 'a', 'b'],
  ['join', 'a', 'b'],
  ['status', 'x'],
  ['publish', 'a', 'b', '--channel', 'web'],
  ['doctor', 'x'],
  // values
  ['mesh', 'invite', 'Oslo', '--site', 'oslo'],
  ['mesh', 'invite', 'oslo-1', '--site', '../x'],
  ['mesh', 'invite', 'oslo-1', '--site', 'oslo', '--label', 'role'],
  ['mesh', 'invite', 'oslo-1', '--site', 'oslo', '--label', 'a=1', '--label', 'a=2'],
  ['mesh', 'invite', 'oslo-1', '--site', 'oslo', '--expires', '0s'],
  ['mesh', 'invite', 'oslo-1', '--site', 'oslo', '--expires', 'soon'],
  ['agent', '--listen', 'localhost:80'],
  ['agent', '--bootstrap', ''],
  ['agent', '--metrics', '9090'],
  ['agent', '--metrics', 'localhost:99999'],
  ['target', 'add', 'Web', '/srv'],
  ['target', 'add', 'web', ''],
  ['target', 'add', 'web', 'a\ufffdb'],
  ['target', 'add', 'web', '/srv', '--strategy', 'copy'],
  ['target', 'add', 'web', '/srv', '--grace', '10'],
  ['target', 'add', 'web', '/srv', '--keep', '-1'],
  ['publish', 'site', '--channel', 'a/b'],
  ['publish', 'site', '--channel', 'web', '--expires', '90'],
  ['publish', 'site', '--channel', 'web', '--seed-until', 'all'],
  ['show', 'web@'],
  ['show', 'web@0'],
  ['show', 'web@1.5'],
  ['show', '@1'],
  ['wait', '--channel', 'web', '--hosts', 'none'],
  ['wait', '--channel', 'web', '--hosts', '0'],
  ['wait', '--channel', 'web', '--sequence', '0'],
  ['wait', '--channel', 'web', '--timeout', '5'],
  ['verify', '--channel', ''],
  ['rollback', 'web', '--to', 'x'],
  ['web', '--port', '70000'],
  ['demo', '--hosts', '1'],
  ['demo', '--hosts', '2', '--sites', '3'],
  ['demo', '--trees', 'a'],
  ['demo', '--trees', 'a', 'b', 'c'],
  ['completion', 'fish'],
]

describe('wrong usage', () => {
  test.each(BAD.map((argv) => [argv.join(' '), argv] as const))(
    'CLI-3 shoal %s: exit 2, one line, no home made',
    async (_, argv) => {
      const home = join(await tempDir(), 'home')
      const { code, stdout, stderr, used } = await cli({ argv, env: { SHOAL_HOME: home } })
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toMatch(/^shoal: (USAGE|NAME_INVALID): [^\n]+\n$/)
      expect(used.filter((name) => name !== 'demo')).toEqual([])
      expect(existsSync(home)).toBe(false)
    },
  )

  test.each(Object.keys(COMMANDS))('CLI-3 shoal %s refuses a flag that it does not know', async (command) => {
    const { code, stderr, used } = await cli({
      argv: [...words(command), ...(COMMANDS[command] ?? []), '--frobnicate'],
    })
    expect(code).toBe(2)
    expect(stderr).toMatch(/^shoal: USAGE: unknown option '--frobnicate'[^\n]*\n$/)
    expect(used).toEqual([])
  })

  test('CLI-3 a name that is almost one gets a hint', async () => {
    expect((await cli({ argv: ['statsu'] })).stderr).toContain('Did you mean status?')
    expect((await cli({ argv: ['status', '--wach'] })).stderr).toContain('Did you mean --watch?')
  })
})

describe('errors', () => {
  test.each(Object.keys(ERRORS) as ErrorCode[])('CLI-2 %s ends with the exit code of the table', async (code) => {
    const home = await tempDir()
    const handlers = { status: async () => Promise.reject(new ShoalError(code, 'said so')) }
    const result = await cli({ argv: ['status', '--json'], home, handlers })
    expect(result.code).toBe(ERRORS[code].exit)
    expect(result.stdout).toBe('')
    expect(result.stderr.split('\n')[0]).toBe(`shoal: ${code}: said so`)
    expect(result.used).toEqual(['openOffline', 'close'])
  })

  test('CLI-1 a message cannot forge a line or send escape codes', async () => {
    const handlers = {
      status: async () => Promise.reject(new ShoalError('FILE_SYSTEM', 'a\nshoal: OK: \u001b[2J\u202e')),
    }
    const { stderr } = await cli({ argv: ['status'], home: await tempDir(), handlers })
    expect(stderr).toBe('shoal: FILE_SYSTEM: a\\u{a}shoal: OK: \\u{1b}[2J\\u{202e}\n')
  })

  test('CLI-1 a defect is INTERNAL without its text; SHOAL_LOG=debug shows where', async () => {
    const handlers = { status: async () => Promise.reject(new TypeError('oops /root/secret')) }
    const home = await tempDir()
    const quiet = await cli({ argv: ['status'], home, handlers, env: { SHOAL_LOG: '' } })
    expect(quiet.code).toBe(1)
    expect(quiet.stderr).toMatch(/shoal: INTERNAL: internal error\nThis is a defect/)
    expect((await cli({ argv: ['status'], home, env: { SHOAL_LOG: 'loud' } })).code).toBe(2)
  })
})

describe('global options', () => {
  test.each([
    ['before', (home: string) => ['--home', home, '--json', 'target', 'list']],
    ['between', (home: string) => ['target', '--home', home, '--json', 'list']],
    ['after', (home: string) => ['target', 'list', '--json', `--home=${home}`]],
  ])('CLI-4 --home and --json are taken %s the command', async (_, argv) => {
    const home = await tempDir()
    const { code, stdout, inits } = await cli({ argv: argv(home) })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toHaveLength(1)
    expect(inits[0]?.home).toBe(home)
  })

  test('CLI-4 SHOAL_HOME stands in for --home', async () => {
    const home = await tempDir()
    expect((await cli({ argv: ['status'], env: { SHOAL_HOME: home } })).inits[0]?.home).toBe(home)
  })

  test('CFG-5 a wrong config.toml is refused by every command that opens the home', async () => {
    const home = await tempDir()
    const { writeFileSync } = await import('node:fs')
    writeFileSync(join(home, 'config.toml'), 'mdns = 1\n')
    for (const argv of [['status'], ['agent'], ['publish', 'x', '--channel', 'web'], ['wait', '--channel', 'web']]) {
      const { code, stderr, used } = await cli({ argv, home })
      expect({ code, used }).toEqual({ code: 2, used: [] })
      expect(stderr).toBe(
        `shoal: CONFIG_INVALID: ${home}/config.toml:1: mdns: must be true or false; nothing was changed\n`,
      )
    }
  })
})
