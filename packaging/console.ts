import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { flipFuses, FuseVersion } from '@electron/fuses'
import { Arch, build, type Configuration, Platform } from 'electron-builder'
import { drawIcon } from '../main/native/icon.ts'
import { FUSES } from './fuses.ts'
import { nativePackages } from './native-packages.ts'
import { makeStandIn } from './stand-in.ts'

/** Packages the built console: a folder that runs, and a .deb. `--out DIR`, and `--stand-in` where Electron's own distribution cannot be had. */
const ROOT = resolve(import.meta.dirname, '..')
const EXECUTABLE = 'shoal-console'
const ICON_SIDES = [16, 32, 48, 64, 128, 256, 512]
/** Where what is packaged is looked after: set by who releases it. */
const HOMEPAGE = 'https://shoal.example'
const MAINTAINER = 'Shoal maintainers <maintainers@shoal.example>'

const { values } = parseArgs({
  options: { out: { type: 'string', default: 'dist' }, 'stand-in': { type: 'boolean', default: false } },
})

const electronVersion = versionOf(join(ROOT, 'node_modules/electron/package.json'))
const work = mkdtempSync(join(tmpdir(), 'shoal-package-'))
try {
  await pack()
} finally {
  rmSync(work, { recursive: true, force: true })
}

async function pack(): Promise<void> {
  for (const part of ['main/index.js', 'main/agent.js', 'preload/preload.cjs', 'renderer/index.html']) {
    if (!existsSync(join(ROOT, 'out', part))) throw new Error(`out/${part} is not there: run \`npm run build\` first`)
  }
  const icons = join(work, 'icons')
  mkdirSync(icons)
  for (const side of ICON_SIDES) writeFileSync(join(icons, `${side}x${side}.png`), drawIcon(side))
  // fpm comes from the network; where there is none on this machine, dpkg-deb does the same.
  process.env['CUSTOM_FPM_PATH'] ??= join(import.meta.dirname, 'fpm-shim.mjs')
  const targets = Platform.LINUX.createTarget(['dir', 'deb'], Arch.x64)
  await build({ projectDir: ROOT, targets, publish: 'never', config: configuration(icons) })
}

function configuration(icons: string): Configuration {
  return {
    appId: 'shoal.console',
    productName: 'Shoal',
    copyright: 'MIT',
    electronVersion,
    ...(values['stand-in'] ? { electronDist: standIn() } : {}),
    directories: { output: resolve(values.out), buildResources: work },
    // Modules are bundled; packages with machine code lie beside the archive.
    files: ['out/**', 'package.json', '!**/*.map', '!out/.built', '!node_modules'],
    extraResources: nativePackages(ROOT).map((name) => ({
      from: `node_modules/${name}`,
      to: `node_modules/${name}`,
      filter: [
        'package.json',
        '**/*.{js,cjs,mjs}',
        '**/linux_x64/*.node',
        '**/linux-x64/*.node',
        'LICENSE*',
        '!**/*.musl.node',
      ],
    })),
    extraMetadata: { name: EXECUTABLE, homepage: HOMEPAGE, desktopName: `${EXECUTABLE}.desktop` },
    asar: true,
    npmRebuild: false,
    protocols: [{ name: 'Shoal', schemes: ['shoal'] }],
    linux: {
      executableName: EXECUTABLE,
      icon: icons,
      category: 'System;Network',
      maintainer: MAINTAINER,
      synopsis: 'Console of a Shoal mesh',
      description: 'Publishes releases of file trees to the machines of a mesh, and shows what each of them runs.',
      syncDesktopName: true,
    },
    deb: { packageName: EXECUTABLE, packageCategory: 'admin' },
    afterPack: async ({ appOutDir }) => {
      await flipFuses(join(appOutDir, EXECUTABLE), { version: FuseVersion.V1, strictlyRequireAllFuses: true, ...FUSES })
    },
  }
}

function standIn(): string {
  const folder = join(work, 'electron')
  makeStandIn(folder, electronVersion)
  return folder
}

function versionOf(file: string): string {
  const manifest: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const version: unknown =
    typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'version') : undefined
  if (typeof version !== 'string') throw new Error(`${file} names no version`)
  return version
}
