#!/usr/bin/env node
// Stands in for fpm where electron-builder packs a folder as a Debian package, with dpkg-deb alone. Knows the options that it passes, and no other.
import { spawnSync } from 'node:child_process'
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'

const text = { type: 'string' }
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    architecture: text,
    'after-install': text,
    'after-remove': text,
    description: text,
    version: text,
    package: text,
    name: text,
    maintainer: text,
    vendor: text,
    url: text,
    category: text,
    license: text,
    'deb-priority': text,
    'deb-compression': text,
    'deb-recommends': { ...text, multiple: true },
    force: { type: 'boolean' },
    'input-type': { ...text, short: 's' },
    'output-type': { ...text, short: 't' },
    depends: { ...text, short: 'd', multiple: true },
  },
})
if (values['input-type'] !== 'dir' || values['output-type'] !== 'deb')
  throw new Error('this packs folders as .deb only')

const root = mkdtempSync(join(tmpdir(), 'fpm-shim-'))
try {
  for (const mapping of positionals) {
    const [source, target] = mapping.split('=')
    if (source === undefined || target === undefined) throw new Error(`not SOURCE=TARGET: ${mapping}`)
    mkdirSync(dirname(join(root, target)), { recursive: true })
    cpSync(source.replace(/\/$/, ''), join(root, target), { recursive: true, verbatimSymlinks: true })
  }
  const [summary = '', ...more] = values.description.split('\n').map((line) => line.trim())
  const fields = {
    Package: values.name,
    Version: values.version,
    Architecture: values.architecture,
    Maintainer: values.maintainer,
    'Installed-Size': Math.ceil(Number(spawnSync('du', ['-sk', root], { encoding: 'utf8' }).stdout.split('\t')[0])),
    Depends: (values.depends ?? []).join(', '),
    Recommends: (values['deb-recommends'] ?? []).join(', '),
    Section: values.category ?? 'admin',
    Priority: values['deb-priority'] ?? 'optional',
    Homepage: values.url,
    Description: [
      summary === '' ? (more.shift() ?? '') : summary,
      ...more.map((line) => ` ${line === '' ? '.' : line}`),
    ].join('\n'),
  }
  mkdirSync(join(root, 'DEBIAN'))
  const lines = Object.entries(fields).filter(([, value]) => value !== '' && value !== undefined)
  writeFileSync(join(root, 'DEBIAN/control'), lines.map(([name, value]) => `${name}: ${value}\n`).join(''))
  for (const [option, name] of [
    ['after-install', 'postinst'],
    ['after-remove', 'postrm'],
  ]) {
    if (values[option] === undefined) continue
    writeFileSync(join(root, 'DEBIAN', name), readFileSync(values[option]))
    chmodSync(join(root, 'DEBIAN', name), 0o755)
  }
  chmodSync(root, 0o755)
  const compression = `-Z${(values['deb-compression'] ?? 'xz').replace('gz', 'gzip')}`
  const packed = spawnSync('dpkg-deb', ['--build', '--root-owner-group', compression, root, values.package], {
    encoding: 'utf8',
  })
  if (packed.status !== 0 || !statSync(values.package).isFile()) throw new Error(`dpkg-deb: ${packed.stderr}`)
} finally {
  rmSync(root, { recursive: true, force: true })
}
