import fc from 'fast-check'
import { isAbsolute, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'
import { assetOf, contentSecurityPolicy, securityHeaders } from '../../../protocol/console/index.ts'
import { assetOfUrl, isTrustedFrame } from '../../../main/windows/policy.ts'

const FOLDER = '/opt/shoal/out/renderer'

describe('window policy', () => {
  test('CONSOLE-4 only files of the renderer are served', () => {
    expect(assetOfUrl('app://shoal/')).toEqual({ name: 'index.html', type: 'text/html; charset=utf-8' })
    expect(assetOfUrl('app://shoal/assets/a-1.js?x#y')?.name).toBe('assets/a-1.js')
    // The URL parser itself takes upward steps out; what it leaves encoded is refused.
    expect(assetOfUrl('app://shoal/../../secret.js')?.name).toBe('secret.js')
    const refused = [
      'app://shoal/..%2f..%2fsecret.js',
      'app://shoal/a/..%5csecret.js',
      'app://shoal/%00.js',
      'app://shoal/index.html%00.js',
      'app://shoal/.env.js',
      'app://shoal//etc/passwd.js',
      'app://shoal/file.node',
      'app://shoal/index.js.map',
      'app://shoal/assets',
      'app://shoal/constructor',
      `app://shoal/${'a'.repeat(600)}.js`,
      'app://elsewhere/index.html',
      'app://shoal:1/index.html',
      'https://shoal/index.html',
      'file:///etc/passwd.js',
      'no url',
    ]
    for (const url of refused) expect(assetOfUrl(url), url).toBeUndefined()
  })

  test('CONSOLE-4 no path leads out of the folder', () => {
    const part = fc.oneof(fc.string(), fc.constantFrom('..', '.', '', '%2e%2e', '..\\', 'a', 'b.js', '\0', '/'))
    fc.assert(
      fc.property(fc.array(part, { maxLength: 6 }), (parts) => {
        const asset = assetOf(`/${parts.join('/')}.js`)
        if (asset === undefined) return
        const inside = relative(FOLDER, join(FOLDER, asset.name))
        expect(inside).toBe(asset.name)
        expect(isAbsolute(inside) || inside.split('/').includes('..')).toBe(false)
      }),
    )
  })

  test('CONSOLE-5 only the own top frame gets a port', () => {
    expect(isTrustedFrame({ url: 'app://shoal/index.html', parent: null })).toBe(true)
    expect(isTrustedFrame({ url: 'app://shoal/index.html', parent: {} })).toBe(false)
    for (const url of ['', 'about:blank', 'app://shoal.example/', 'https://shoal/', 'app://shoalx/index.html']) {
      expect(isTrustedFrame({ url, parent: null }), url).toBe(false)
    }
    expect(isTrustedFrame(null)).toBe(false)
  })

  test('CONSOLE-6 the policy allows nothing inline and nothing from elsewhere', () => {
    for (const connect of ['self', 'none'] as const) {
      const policy = contentSecurityPolicy({ connect })
      expect(policy).toContain("default-src 'none'")
      expect(policy).toContain(`connect-src '${connect}'`)
      expect(policy).toContain("require-trusted-types-for 'script'")
      expect(policy).not.toMatch(/unsafe|https?:|\*|blob:|allow-duplicates/)
      expect(securityHeaders({ connect })['content-security-policy']).toBe(policy)
    }
  })
})
