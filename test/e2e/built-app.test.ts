import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { builtApp } from '../support/built-app.ts'

describe('the built app', () => {
  const read = async (folder: string, name: RegExp): Promise<string> => {
    const root = join(await builtApp(), folder)
    const names = (await readdir(root, { recursive: true })).filter((path) => name.test(path))
    expect(names, folder).not.toEqual([])
    return (await Promise.all(names.map((path) => readFile(join(root, path), 'utf8')))).join('\n')
  }

  test('SEC-2 SEC-12 SEC-14 loads no file, has no updater and no server', async () => {
    const main = await read('out/main', /^index\.js$/)
    expect(main).not.toMatch(/loadFile\(|file:\/\/\/|autoUpdater|electron-updater|setFeedURL/)
    expect(main).not.toMatch(/createServer|\.listen\(/)
  })

  test('SEC-3 SEC-15 its pages have nothing inline, nothing from elsewhere, and no eval', async () => {
    const html = await read('out/renderer', /\.html$/)
    expect(html).not.toMatch(/<style|style=|<script(?![^>]*\ssrc=)|\son\w+=|https?:/i)
    const script = await read('out/renderer', /\.js$/)
    expect(script).not.toMatch(/\beval\(|new Function\(|import\(["'`]https?:/)
  })

  test('SEC-1 the preload script is one CommonJS file that needs Electron alone', async () => {
    const preload = await read('out/preload', /\.cjs$/)
    const required = [...preload.matchAll(/require\(["'`]([^"'`]+)/g)].map(([, name]) => name)
    expect(new Set(required)).toEqual(new Set(['electron']))
  })

  test('SEC-15 every dependency is pinned with a hash', async () => {
    const lock: unknown = JSON.parse(await readFile(join(await builtApp(), 'package-lock.json'), 'utf8'))
    const packages = Object.entries(Object(Reflect.get(Object(lock), 'packages'))).filter(([name]) => name !== '')
    expect(packages.length).toBeGreaterThan(100)
    const loose = packages.filter(([, entry]) => typeof Reflect.get(Object(entry), 'integrity') !== 'string')
    expect(loose.map(([name]) => name)).toEqual([])
  })
})
