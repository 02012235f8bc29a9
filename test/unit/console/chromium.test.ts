import { describe, expect, test } from 'vitest'
import { ensureChromium, findChromium, launchChromium, type Machine } from '../../support/chromium.ts'

/** A machine with these programs; `installs` is what each command brings, and `ran` what was run. */
function machine(init: Partial<Machine> & { readonly programs: readonly string[]; readonly installs?: string }) {
  const programs = new Set(init.programs)
  const ran: string[] = []
  const made: Machine = {
    env: {},
    home: '/home/a',
    isRoot: false,
    isExecutable: (path) => programs.has(path),
    list: (folder) => [
      ...new Set(
        [...programs]
          .filter((p) => p.startsWith(`${folder}/`))
          .map((p) => p.slice(folder.length + 1).split('/')[0] ?? ''),
      ),
    ],
    run: (command, args) => {
      ran.push([command.split('/').at(-1), ...args].join(' '))
      if (init.installs === undefined) return { ok: false, output: `no network for ${args[0]}` }
      programs.add(init.installs)
      return { ok: true, output: '' }
    },
    ...init,
  }
  return { made, ran }
}

describe('a browser for the tests', () => {
  test('CONSOLE-7 finds the named one, a package, or what Playwright fetched', () => {
    const cached = '/home/a/.cache/ms-playwright/chromium-1200/chrome-linux/chrome'
    const all = ['/opt/mine', '/usr/bin/google-chrome', cached]
    expect(findChromium(machine({ programs: all, env: { CHROMIUM_BIN: '/opt/mine' } }).made)).toBe('/opt/mine')
    expect(findChromium(machine({ programs: all }).made)).toBe('/usr/bin/google-chrome')
    expect(findChromium(machine({ programs: [cached] }).made)).toBe(cached)
    expect(findChromium(machine({ programs: [] }).made)).toBeUndefined()
    expect(() => findChromium(machine({ programs: all, env: { CHROMIUM_BIN: '/none' } }).made)).toThrow('/none')
  })

  test('CONSOLE-7 installs one where there is none, and says plainly when nothing works', () => {
    const debian = machine({ programs: ['/usr/bin/apt-get'], isRoot: true, installs: '/usr/bin/chromium' })
    expect(ensureChromium(debian.made)).toBe('/usr/bin/chromium')
    expect(debian.ran).toEqual([expect.stringMatching(/^apt-get .*install -y .*chromium/)])
    const other = machine({ programs: [], installs: '/home/a/.cache/ms-playwright/chromium-1/chrome-linux/chrome' })
    expect(ensureChromium(other.made)).toContain('ms-playwright')
    expect(other.ran).toEqual([expect.stringContaining('cli.js install chromium')])
    const offline = machine({ programs: ['/usr/bin/apt-get'], isRoot: true })
    expect(() => ensureChromium(offline.made)).toThrow(/CHROMIUM_BIN/)
    expect(offline.ran).toHaveLength(4)
  })

  test('CONSOLE-7 what was found runs', async () => {
    const browser = await launchChromium()
    try {
      const page = await browser.newPage()
      expect(await page.evaluate(() => navigator.userAgent)).toContain('Chrome')
    } finally {
      await browser.close()
    }
  }, 900_000)
})
