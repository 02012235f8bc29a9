import { chmodSync, mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { PREVIEW_LIMITS } from '../../../node-agent/preview/limits.ts'
import { oddName } from '../../../node-agent/preview/names.ts'
import { secretName, secretText } from '../../../node-agent/preview/secrets.ts'
import { previewWarnings } from '../../../node-agent/preview/warnings.ts'
import { diffReleases } from '../../../node-agent/publish/diff.ts'
import { type Manifest, parseTreePath, runSteps, ShoalError } from '../../../protocol/index.ts'
import { file, manifestOf, symlink } from '../../support/entries.ts'
import { previewHome } from '../../support/preview-home.ts'

const warningsOf = (previous: Manifest | undefined, next: Manifest, more = {}) =>
  runSteps(
    previewWarnings({
      ...{ previous, next, root: '/srv/web', problems: new Map(), looks: new Map(), settings: [] },
      difference: diffReleases(previous, next, '/srv/web'),
      ...more,
    }),
  )

const brief = (warnings: ReturnType<typeof warningsOf>) =>
  warnings.map(({ what, severity, count, paths }) => [what, severity, count, paths.map(({ path }) => path)])

describe('secrets', () => {
  test.each([
    '.env',
    'app/.env.production',
    'id_rsa',
    '.ssh/id_ed25519',
    'tls/site.p12',
    '.netrc',
    '.pgpass',
    '.aws/credentials',
  ])('PREV-5 %s is one by its name', (path) => expect(secretName(parseTreePath(path))).toBeDefined())

  test.each([
    '.env.example',
    'env',
    'id_rsa.pub',
    'environment.ts',
    'credentials',
    'docs/keys.md',
    'known_hosts',
    'config.json',
  ])('PREV-5 %s is none by its name', (path) => expect(secretName(parseTreePath(path))).toBeUndefined())

  test.each([
    [`-----BEGIN ${'OPENSSH '}PRIVATE KEY-----\nb3Bl`, 'a private key'],
    [`aws_key = ${'AKIA'}IOSFODNN7EXAMPLE`, 'an AWS access key'],
    [`token: ${'ghp'}_${'a1B2'.repeat(9)}`, 'a GitHub token'],
  ])('PREV-5 a text may hold one: %#', (text, what) => expect(secretText(text)).toBe(what))

  test.each([
    '-----BEGIN PUBLIC KEY-----',
    'AKIA',
    'ghp_short',
    'password = "changeme"',
    'the private key is elsewhere',
  ])('PREV-5 %s holds none', (text) => expect(secretText(text)).toBeUndefined())
})

describe('names', () => {
  test.each(['aux', 'con.txt', 'a:b', 'q?', 'dot.', 'blank ', 'tab\t', 'n\xff'])(
    'PREV-5 others do not take %j',
    (name) => expect(oddName(parseTreePath(`d/${name}`))).toBeDefined(),
  )
  test.each(['auxiliary', 'console', 'a-b', '.hidden', 'h\xc3\xb8y'])('PREV-5 everybody takes %j', (name) =>
    expect(oddName(parseTreePath(`d/${name}`))).toBeUndefined(),
  )
})

describe('warnings', () => {
  test('PREV-5 each kind once, with its severity, what is new or changed only', () => {
    const capability = { name: 'security.capability', value: new Uint8Array([1]) }
    const before = manifestOf(file('.env', 'x'), file('su0', 'y', { mode: 0o4755 }), file('README', 'r'))
    const after = manifestOf(
      ...[file('.env', 'x'), file('su0', 'y', { mode: 0o4755 }), file('README', 'r'), file('readme', 's')],
      ...[file('id_rsa', 'k'), file('su1', 'z', { mode: 0o2755 }), file('ping', 'p', { xattrs: [capability] })],
      ...[symlink('out', '/etc/passwd'), symlink('void', 'nothing'), file('a:b', 'c')],
    )
    expect(brief(warningsOf(before, after))).toEqual([
      ['secret', 'danger', 1, ['id_rsa']],
      ['setuid', 'danger', 1, ['su1']],
      ['capability', 'danger', 1, ['ping']],
      ['escaping', 'notice', 1, ['out']],
      ['dangling', 'notice', 1, ['void']],
      ['case-clash', 'notice', 1, ['readme']],
      ['name', 'notice', 1, ['a:b']],
    ])
    expect(warningsOf(after, after)).toEqual([])
  })

  test('PREV-5 a link that stays but leads nowhere any more is told', () => {
    const before = manifestOf(file('app', 'x'), symlink('current', 'app'))
    const after = manifestOf(symlink('current', 'app'))
    expect(brief(warningsOf(before, after))).toEqual([['dangling', 'notice', 1, ['current']]])
  })

  test('PREV-5 removing a large part is told with its number, the paths of a long list up to a bound', () => {
    const names = Array.from({ length: 300 }, (_, i) => `f${String(i).padStart(3, '0')}`)
    const before = manifestOf(...names.map((name) => file(name, name)))
    const [warning, ...others] = warningsOf(before, manifestOf(file('f000', 'f000')))
    expect(others).toEqual([])
    expect(warning).toMatchObject({ what: 'deletes', severity: 'danger', count: 299 })
    expect(warning?.paths).toHaveLength(PREVIEW_LIMITS.warningPaths)
    expect(warning?.paths[0]).toEqual({ path: 'f001', why: 'would be removed' })
  })

  test('PREV-5 very large files, and what shoal.toml says in vain', () => {
    const after = manifestOf(file('image', 'i', { size: 2 ** 30 }))
    expect(brief(warningsOf(undefined, after, { settings: ['group a matches nothing'] }))).toEqual([
      ['large', 'notice', 1, ['image']],
      ['release-file', 'notice', 0, []],
    ])
  })

  test('PREV-5 what cannot be read or published stops it, by kind', () => {
    const problems = new Map([
      [parseTreePath('locked'), new ShoalError('FILE_SYSTEM', 'EACCES')],
      [parseTreePath('pipe'), new ShoalError('SOURCE_UNSUPPORTED_ENTRY', 'a pipe')],
      [parseTreePath('log'), new ShoalError('SOURCE_CHANGED', 'changed')],
    ])
    expect(brief(warningsOf(undefined, manifestOf(), { problems }))).toEqual([
      ['unreadable', 'stops', 1, ['locked']],
      ['unsupported', 'stops', 1, ['pipe']],
      ['changing', 'stops', 1, ['log']],
    ])
  })
})

describe('warnings of a folder', () => {
  test('PREV-5 secrets in content, sockets and Shoal’s own name are found; left out, they stop nothing', async () => {
    const { dir, put, preview } = await previewHome()
    put('settings.yml', `token: ${'ghp'}_${'a1B2'.repeat(9)}\n`)
    put('tool', 'x')
    chmodSync(join(dir, 'tool'), 0o4755)
    symlinkSync('../..', join(dir, 'up'))
    mkdirSync(join(dir, 'deep', '.shoal'), { recursive: true })
    const server = createServer().listen(join(dir, 'sock'))
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const first = await preview()
    expect(first.result.ticket).toBeNull()
    expect(brief(first.warnings)).toEqual([
      ['unsupported', 'stops', 2, ['deep/.shoal', 'sock']],
      ['secret', 'danger', 1, ['settings.yml']],
      ['setuid', 'danger', 1, ['tool']],
      ['escaping', 'notice', 1, ['up']],
    ])
    expect(first.warnings[1]?.paths[0]?.why).toBe('holds a GitHub token')
    const second = await preview(['sock', 'deep/.shoal', 'settings.yml'])
    expect(second.warnings.map(({ what }) => what)).toEqual(['setuid', 'escaping'])
    expect(second.result.ticket).not.toBeNull()
  })

  test('PREV-5 secrets are found in changed files that need not be read', async () => {
    const { dir, put, publish, preview, age } = await previewHome()
    put('keep', 'x')
    put('notes', `-----BEGIN ${'PRIVATE'} KEY-----`)
    age('notes')
    await publish()
    rmSync(join(dir, 'keep'))
    chmodSync(join(dir, 'notes'), 0o600)
    expect((await preview()).warnings.map(({ what }) => what)).toContain('secret')
  })
})
