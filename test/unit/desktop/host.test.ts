import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import * as host from '../../host/electron.ts'
import { values } from '../../host/values.ts'
import { tempDir } from '../../support/temp-dir.ts'

const declared = readFileSync(join(import.meta.dirname, '../../../node_modules/electron/electron.d.ts'), 'utf8')

/** Members of Electron's class or interface of that name, its bases included. */
function membersOf(name: string): string {
  const [, base = '', body = ''] =
    new RegExp(`\\n  (?:class|interface) ${name}(?: extends ([\\w.]+))? \\{\\n(.*?)\\n  \\}`, 's').exec(declared) ?? []
  return base === '' || base.includes('.') ? body : `${body}\n${membersOf(base)}`
}

const CLASSES = {
  app: 'App',
  BrowserWindow: 'BrowserWindow',
  dialog: 'Dialog',
  ipcMain: 'IpcMain',
  Menu: 'Menu',
  MessageChannelMain: 'MessageChannelMain',
  nativeImage: 'NativeImage',
  Notification: 'Notification',
  protocol: 'Protocol',
  safeStorage: 'SafeStorage',
  screen: 'Screen',
  session: 'Session',
  shell: 'Shell',
  Tray: 'Tray',
  utilityProcess: 'UtilityProcess',
  webContents: 'WebContents',
} as const

/** What the host has beside Electron's names, for itself and for tests. */
const OWN = new Set([
  'constructor',
  'init',
  'boot',
  'closeWindows',
  'asked',
  'options',
  'progress',
  'invoke',
  'opened',
  'fit',
])

describe('test host', () => {
  test('HOST-1 every name of the host is one of Electron’s', () => {
    expect(Object.keys(host).toSorted()).toEqual(Object.keys(CLASSES).toSorted())
    for (const [name, type] of Object.entries(CLASSES)) {
      const members = membersOf(type)
      expect(members, name).not.toBe('')
      const exported: unknown = Reflect.get(host, name)
      const own =
        typeof exported === 'function' ? Object.getOwnPropertyNames(exported.prototype) : memberNames(exported)
      const unknown = own.filter((member) => !OWN.has(member) && !new RegExp(`\\b${member}\\b[(:?]`).test(members))
      expect(unknown, name).toEqual([])
    }
  })

  test('HOST-2 values cross between the worlds as structured clones', () => {
    const all = {
      none: null,
      list: [1, -0.5, 'ø\u{1f41f}', true],
      bytes: new Uint8Array([0, 1, 255]),
      big: 2n ** 70n,
      odd: [NaN, Infinity],
      when: new Date(0),
      deep: { a: [{ b: {} }] },
    }
    expect(values.parse(values.stringify(all))).toEqual(all)
    expect(values.parse(values.stringify(undefined))).toBeUndefined()
    expect(() => values.stringify(() => 1)).toThrow(/cloned/)
  })

  test('HOST-4 a main module that waits for readiness before it has ended fails', async () => {
    const folder = await tempDir()
    await writeFile(join(folder, 'package.json'), '{"name":"waits","version":"1.0.0","main":"index.mjs"}')
    await writeFile(join(folder, 'index.mjs'), "import { app } from 'electron'\nawait app.whenReady()\n")
    const run = spawnSync(join(import.meta.dirname, '../../host/electron'), [folder], { encoding: 'utf8' })
    expect(run.status, run.stderr).toBe(13)
    expect(run.stderr).toContain('unsettled top-level await')
  })
})

function memberNames(value: unknown): readonly string[] {
  if (typeof value !== 'object' || value === null) return []
  const prototype: unknown = Object.getPrototypeOf(value)
  const inherited =
    typeof prototype === 'object' && prototype !== null && prototype !== Object.prototype
      ? Object.getOwnPropertyNames(prototype)
      : []
  return [...Object.keys(value), ...inherited].filter((name) => !name.startsWith('_'))
}
