import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { guardContents } from '../../../main/windows/guard.ts'
import { isAllowedExternal, isAllowedPermission } from '../../../main/windows/policy.ts'
import { app, shell } from '../../host/electron.ts'

const declared = readFileSync(join(import.meta.dirname, '../../../node_modules/electron/electron.d.ts'), 'utf8')

/** Every permission that Electron's types name for its handlers. */
const PERMISSIONS = new Set(
  [...declared.matchAll(/set(?:PermissionRequest|PermissionCheck)Handler\(.*?permission: ([^,]*?)(?:, |\))/g)].flatMap(
    ([, names = '']) => [...names.matchAll(/'([\w-]+)'/g)].map(([, name = '']) => name),
  ),
)

describe('guards', () => {
  test('SEC-5 of all permissions that Electron knows, one is granted, to our own page', () => {
    expect(PERMISSIONS.size).toBeGreaterThan(15)
    const granted = [...PERMISSIONS].filter((name) =>
      isAllowedPermission(name, 'app://shoal/index.html', 'app://shoal'),
    )
    expect(granted).toEqual(['clipboard-sanitized-write'])
    for (const url of ['https://shoal', 'app://shoal.example/', 'app://other', '', 'null'])
      expect(isAllowedPermission('clipboard-sanitized-write', url, 'app://shoal'), url).toBe(false)
  })

  test('SEC-4 only https pages of listed origins are opened elsewhere', () => {
    const origins = ['https://wiki.example', 'https://docs.example:8443']
    expect(isAllowedExternal('https://wiki.example/runbook?x#y', origins)).toBe(true)
    expect(isAllowedExternal('https://docs.example:8443/', origins)).toBe(true)
    const refused = [
      'http://wiki.example/',
      'https://wiki.example.evil.example/',
      'https://wiki.example:444/',
      'https://ann:secret@wiki.example/',
      'https://wiki.example@evil.example/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'smb://wiki.example/share',
      'wiki.example',
      '',
    ]
    for (const url of refused) expect(isAllowedExternal(url, origins), url).toBe(false)
    expect(isAllowedExternal('https://wiki.example/', [])).toBe(false)
  })

  test('SEC-4 every page, whoever made it, is kept where it is', () => {
    guardContents({ origin: 'app://shoal', externalOrigins: () => ['https://wiki.example'] })
    class Contents extends EventEmitter {
      open: (details: { readonly url: string }) => { readonly action: string } = () => ({ action: 'allow' })
      setWindowOpenHandler(handler: Contents['open']): void {
        this.open = handler
      }
    }
    const contents = new Contents()
    app.emit('web-contents-created', {}, contents)
    const leaves = (name: string, url: string): boolean => {
      let prevented = false
      contents.emit(name, { url, preventDefault: () => (prevented = true) })
      return !prevented
    }
    for (const name of ['will-navigate', 'will-frame-navigate', 'will-redirect', 'will-attach-webview']) {
      for (const url of [
        'https://elsewhere.example/',
        'file:///etc/passwd',
        'app://shoal/other.html',
        'data:text/html,x',
      ])
        expect(leaves(name, url), `${name} ${url}`).toBe(false)
    }
    expect(leaves('will-navigate', 'app://shoal/index.html#/hosts')).toBe(true)
    const opened = shell.opened.length
    for (const url of ['https://wiki.example/a', 'https://elsewhere.example/', 'file:///etc/passwd'])
      expect(contents.open({ url }), url).toEqual({ action: 'deny' })
    expect(shell.opened.slice(opened)).toEqual(['https://wiki.example/a'])
  })
})
