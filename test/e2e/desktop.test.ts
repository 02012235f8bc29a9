import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { builtApp } from '../support/built-app.ts'
import { quietHome, startDesktop } from '../support/desktop.ts'
import { askAgent, askDesktop } from '../support/desktop-page.ts'
import { IS_REAL, RUNNER } from '../support/real-electron.ts'
import { tempDir } from '../support/temp-dir.ts'
import { until } from '../support/test-mesh.ts'

const LAUNCH_MS = 90_000

beforeAll(builtApp, LAUNCH_MS)

/** What stood above the page, and whether what it showed was greyed. */
interface Seen {
  readonly atMs: number
  readonly text: string
  readonly stale: boolean
}

const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return false
  } catch {
    return true
  }
}

describe(`desktop app, ${RUNNER}`, () => {
  test(
    'HOST-3 DESK-3 a first start makes a mesh through the page’s port, and the agent begins to run',
    async () => {
      await using desktop = await startDesktop()
      await expect(askAgent(desktop.page, 'status')).rejects.toThrow('NO_MESH')
      expect(await askAgent(desktop.page, 'meshCreate', { name: 'acme' })).toMatchObject({ name: 'acme' })
      await untilListening(desktop.page)
      expect(await askDesktop(desktop.page, 'agentState')).toMatchObject({ ok: true, value: { phase: 'running' } })
    },
    LAUNCH_MS,
  )

  test(
    'DESK-3 a ticket makes the home a host of the mesh',
    async () => {
      await using admin = await startDesktop()
      await askAgent(admin.page, 'meshCreate', { name: 'acme' })
      await untilListening(admin.page)
      const invite = { host: 'oslo-1', site: 'oslo', labels: {}, lifetimeMs: 3_600_000 }
      const { ticket } = Object(await askAgent(admin.page, 'meshInvite', invite))
      await using host = await startDesktop()
      expect(await askAgent(host.page, 'join', { ticket })).toMatchObject({ name: 'acme', host: 'oslo-1' })
      await untilListening(host.page)
      expect(await askAgent(host.page, 'status')).toMatchObject({ mesh: { name: 'acme' }, self: { host: 'oslo-1' } })
    },
    LAUNCH_MS,
  )

  test(
    'DESK-1 DESK-2 an agent that is killed is started again, and the window is told',
    async () => {
      await using desktop = await startDesktop()
      const { page, home } = desktop
      await page.evaluate(() => {
        const phases: string[] = []
        Reflect.set(window, 'phases', phases)
        const api = Object(Reflect.get(window, 'shoalDesktop'))
        api.onAgentState((state: { readonly phase: string }) => phases.push(state.phase))
      })
      await until('the agent runs', async () => (await phaseOf(page)) === 'running')
      process.kill(await agentPid(home), 'SIGKILL')
      await until('the window was told', async () => {
        const phases: unknown = await page.evaluate(() => Reflect.get(window, 'phases'))
        return JSON.stringify(phases).includes('"failing","starting","running"')
      })
      await expect(askAgent(page, 'status')).rejects.toThrow('NO_MESH')
    },
    LAUNCH_MS,
  )

  test(
    'CONSOLE-31 DESK-2 an agent that is killed is told of on the page before it is started again, and what is shown is greyed',
    async () => {
      await using desktop = await startDesktop()
      const { page, home } = desktop
      await askAgent(page, 'meshCreate', { name: 'acme' })
      await untilListening(page)
      await page.locator('[data-stale=false]').first().waitFor()
      await page.evaluate(() => {
        const seen: Seen[] = []
        Reflect.set(window, 'seen', seen)
        new MutationObserver(() => {
          const text = document.querySelector('.band')?.textContent ?? ''
          const stale = document.querySelector('[data-stale=true]') !== null
          const last = seen.at(-1)
          if (last?.text !== text || last.stale !== stale) seen.push({ atMs: Date.now(), text, stale })
        }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true })
      })
      const killedMs = Date.now()
      process.kill(await agentPid(home), 'SIGKILL')
      const seen = async () => (await page.evaluate(() => Reflect.get(window, 'seen'))) as readonly Seen[]
      await until('the page goes on', async () => {
        const all = await seen()
        return all.length > 1 && all.at(-1)?.text === '' && all.at(-1)?.stale === false
      })
      const told = (await seen()).filter(({ text }) => text.startsWith('The agent stopped'))
      // It is counted down to only while it is not started yet.
      expect(told[0]?.text).toContain('It starts again in 1 s.')
      expect(told.some(({ stale }) => stale)).toBe(true)
      console.log(`the page knew ${(told[0]?.atMs ?? 0) - killedMs} ms after the kill`)
    },
    LAUNCH_MS,
  )

  test(
    'DESK-2 a home that another process uses is told in words, and tried again at once when a person asks',
    async () => {
      const home = await quietHome(join(await tempDir(), 'home'))
      await using first = await startDesktop({ home })
      await until('the first agent runs', async () => (await phaseOf(first.page)) === 'running')
      await using second = await startDesktop({ home })
      await until('the second agent fails', async () => (await phaseOf(second.page)) === 'failing')
      expect(await askDesktop(second.page, 'agentState')).toMatchObject({ value: { error: { code: 'HOME_IN_USE' } } })
      expect(await askDesktop(second.page, 'retryAgent')).toMatchObject({ value: { phase: 'starting' } })
    },
    LAUNCH_MS,
  )

  test(
    'DESK-4 quitting ends the agent before the app',
    async () => {
      const home = await quietHome(join(await tempDir(), 'home'))
      const desktop = await startDesktop({ home })
      await until('the agent runs', async () => (await phaseOf(desktop.page)) === 'running')
      const pid = await agentPid(home)
      await desktop[Symbol.asyncDispose]()
      expect(isGone(pid)).toBe(true)
    },
    LAUNCH_MS,
  )

  test(
    'DESK-6 a link as the argument of the first start is where the window opens',
    async () => {
      await using desktop = await startDesktop({ args: ['shoal://hosts?q=is%3Afailed'] })
      expect(desktop.page.url()).toMatch(/#\/hosts\?q=is%3Afailed$/)
    },
    LAUNCH_MS,
  )

  test(
    'DESK-7 DESK-8 the window is where it was, in the next start',
    async () => {
      const config = join(await tempDir(), 'config')
      await mkdir(config)
      const bounds = { x: 120, y: 80, width: 1100, height: 700 }
      {
        await using desktop = await startDesktop({ config })
        await desktop.app.evaluate(
          ({ BrowserWindow }, wanted) => BrowserWindow.getAllWindows()[0]?.setBounds(wanted),
          bounds,
        )
      }
      await using again = await startDesktop({ config })
      // Less a frame, where the system draws one.
      expect(Math.abs((await again.page.evaluate(() => innerWidth)) - bounds.width)).toBeLessThan(20)
      expect(
        await again.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getNormalBounds()),
      ).toEqual(bounds)
    },
    LAUNCH_MS,
  )

  test.skipIf(IS_REAL)(
    'DESK-11 menus and tray open places; the window hides when the app keeps running',
    async () => {
      await using desktop = await startDesktop()
      const { app, page } = desktop
      await app.evaluate(({ Menu }) => {
        const view = Menu.getApplicationMenu()?.items.find(({ label }) => label === '&View')
        const items: unknown = Reflect.get(Object(view), 'submenu')
        Object(items)
          .find((item: { readonly label?: string }) => item.label === 'Network')
          .click()
      })
      await until('the menu’s place', () => page.url().endsWith('#/network'))
      const isVisible = () => app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isVisible())
      await app.evaluate(({ Tray, BrowserWindow }) => {
        const tray = Object(Reflect.get(Tray, 'shown')).at(-1)
        const item = (label: RegExp) => tray.menu.items.find((one: { label?: string }) => label.test(one.label ?? ''))
        item(/^Keep running/).click()
        BrowserWindow.getAllWindows()[0]?.close()
      })
      await until('the window is hidden', async () => (await isVisible()) === false)
      await app.evaluate(({ Tray }) => {
        const tray = Object(Reflect.get(Tray, 'shown')).at(-1)
        tray.menu.items.find((one: { label?: string }) => one.label === 'Open Shoal').click()
      })
      await until('the window is there again', async () => (await isVisible()) === true)
    },
    LAUNCH_MS,
  )
})

const phaseOf = async (page: Parameters<typeof askDesktop>[0]): Promise<unknown> =>
  Object(await askDesktop(page, 'agentState')).value?.phase

/** Only an agent that runs listens anywhere. */
const untilListening = (page: Parameters<typeof askAgent>[0]): Promise<void> =>
  until('the agent listens', async () => {
    const status = Object(await askAgent(page, 'status').catch(() => undefined))
    return status.self?.addresses.length > 0
  })

/** Of the agent that serves that home. */
async function agentPid(home: string): Promise<number> {
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
    if (command.includes('agent.js') && command.split('\0').includes(home)) return Number(pid)
  }
  throw new Error(`no agent runs on ${home}`)
}
