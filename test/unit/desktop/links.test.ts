import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { routeOfLink } from '../../../protocol/console/index.ts'

describe('links', () => {
  test('DESK-5 SEC-11 a link names a page and what it may show', () => {
    const links = {
      'shoal://overview': '/overview',
      'shoal://rollouts/web': '/rollouts/web',
      'shoal://rollouts/web/12': '/rollouts/web/12',
      'shoal://releases/base-config/3?from=2': '/releases/base-config/3?from=2',
      'shoal://hosts?q=is%3Afailed%20-site%3Aoslo&host=oslo-1': '/hosts?q=is%3Afailed+-site%3Aoslo&host=oslo-1',
      'shoal://publish/web': '/publish/web',
      'shoal://access/keys/': '/access/keys',
    }
    for (const [link, route] of Object.entries(links)) expect(routeOfLink(link), link).toBe(route)
  })

  test('DESK-5 SEC-11 whatever else a link says, it is none', () => {
    const refused = [
      '',
      'shoal:',
      'shoal://',
      'shoal:overview',
      'https://overview',
      'file:///etc/passwd',
      'shoal://publish?path=/etc',
      'shoal://publish/web?dir=/etc',
      'shoal://publish/..%2f..%2fetc',
      'shoal://rollback/web/1',
      'shoal://rollouts/web/0',
      'shoal://rollouts/web/1/approve',
      'shoal://hosts?q=a&q=b',
      'shoal://hosts?q=%00',
      'shoal://hosts?q=%1b[2J',
      `shoal://hosts?q=${'a'.repeat(600)}`,
      'shoal://user@hosts',
      'shoal://hosts:80',
      'shoal://hosts#/publish',
      'shoal://__proto__',
      'shoal://constructor',
      'shoal://access/root',
      'javascript:alert(1)',
    ]
    for (const link of refused) expect(routeOfLink(link), link).toBeUndefined()
  })

  test('DESK-5 any text at all is a plain route or nothing', () => {
    const page = fc.constantFrom('hosts', 'publish', 'rollouts', 'releases', 'x')
    const link = fc.tuple(page, fc.webPath(), fc.webQueryParameters()).map(([p, path, q]) => `shoal://${p}${path}?${q}`)
    fc.assert(
      fc.property(fc.oneof(fc.string(), link), (text) => {
        const route = routeOfLink(text)
        if (route === undefined) return
        expect(route).toMatch(/^\/[a-z]+(\/[A-Za-z0-9._-]+){0,2}(\?[^#<>\s]*)?$/)
      }),
      { numRuns: 500 },
    )
  })
})
