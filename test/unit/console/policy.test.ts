import { describe, expect, test } from 'vitest'
import { CONTENT_SECURITY_POLICY, fileOfUrl, isTrustedFrame } from '../../../main/windows/policy.ts'

const FOLDER = '/opt/shoal/out/renderer'

describe('window policy', () => {
  test('CONSOLE-4 only files of the renderer are served', () => {
    expect(fileOfUrl('app://shoal/', FOLDER)?.path).toBe(`${FOLDER}/index.html`)
    expect(fileOfUrl('app://shoal/assets/a.js?x#y', FOLDER)).toEqual({
      path: `${FOLDER}/assets/a.js`,
      type: 'text/javascript; charset=utf-8',
    })
    const refused = [
      'app://shoal/../../secret.js',
      'app://shoal/%2e%2e/secret.js',
      'app://shoal/..%2f..%2fsecret.js',
      'app://shoal/%00.js',
      'app://shoal/file.node',
      'app://shoal/assets',
      'app://elsewhere/index.html',
      'https://shoal/index.html',
      'file:///etc/passwd.js',
    ]
    for (const url of refused) {
      const file = fileOfUrl(url, FOLDER)
      expect(file === undefined || file.path.startsWith(`${FOLDER}/`), url).toBe(true)
    }
    for (const url of refused.slice(2)) expect(fileOfUrl(url, FOLDER), url).toBeUndefined()
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
    expect(CONTENT_SECURITY_POLICY).toContain("default-src 'none'")
    expect(CONTENT_SECURITY_POLICY).toContain("require-trusted-types-for 'script'")
    expect(CONTENT_SECURITY_POLICY).not.toMatch(/unsafe|https?:|\*|blob:/)
  })
})
