import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { seededBytes } from '../seeded-bytes.ts'

/** Everything in a folder by its path: kind, mode, time and content; Shoal's own folder and `without` are not looked at. */
export function treeOf(folder: string, without: readonly string[] = []): Readonly<Record<string, string>> {
  const all: Record<string, string> = {}
  if (!existsSync(folder)) return all
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).toSorted()
  for (const path of paths) {
    if (path === '.shoal' || path.startsWith('.shoal/') || without.includes(path)) continue
    const stat = lstatSync(join(folder, path))
    const mode = (stat.mode & 0o7777).toString(8)
    if (stat.isSymbolicLink()) all[path] = `link to ${readlinkSync(join(folder, path))}`
    else if (stat.isDirectory()) all[path] = `directory ${mode}`
    else {
      const sha = createHash('sha256')
        .update(readFileSync(join(folder, path)))
        .digest('hex')
      all[path] = `file ${mode} ${stat.mtimeMs} ${sha}`
    }
  }
  return all
}

/** A small site to publish: text, a program, an image of many chunks, a link, and a secret that got into it by mistake. */
export function writeSite(folder: string): void {
  for (const name of ['config', 'bin', 'assets', 'legacy']) mkdirSync(join(folder, name), { recursive: true })
  writeFileSync(join(folder, 'config/app.json'), configOf(4))
  writeFileSync(join(folder, 'bin/serve'), '#!/bin/sh\nexec site --port 8080\n')
  chmodSync(join(folder, 'bin/serve'), 0o755)
  writeFileSync(join(folder, 'assets/cover.bin'), seededBytes(600_000, 7))
  writeFileSync(join(folder, 'legacy/index.html'), '<p>The old page</p>\n')
  writeFileSync(join(folder, '.env'), 'API_TOKEN=not-for-hosts\n')
  symlinkSync('config/app.json', join(folder, 'settings'))
}

/** The next release: a setting changed, a page added, the old one gone, the link elsewhere, a few bytes of the image. */
export function editSite(folder: string): void {
  writeFileSync(join(folder, 'config/app.json'), configOf(8))
  mkdirSync(join(folder, 'pages'))
  writeFileSync(join(folder, 'pages/index.html'), '<p>The new page</p>\n')
  rmSync(join(folder, 'legacy'), { recursive: true })
  rmSync(join(folder, 'settings'))
  symlinkSync('pages/index.html', join(folder, 'settings'))
  const cover = readFileSync(join(folder, 'assets/cover.bin'))
  cover.set([1, 2, 3, 4], 300_000)
  writeFileSync(join(folder, 'assets/cover.bin'), cover)
}

const configOf = (workers: number): string => `{\n  "index": {\n    "workers": ${workers},\n    "warm": true\n  }\n}\n`
