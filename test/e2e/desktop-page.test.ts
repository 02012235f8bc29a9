import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtApp } from '../support/built-app.ts'
import { type Desktop, startDesktop } from '../support/desktop.ts'
import { IS_REAL, RUNNER } from '../support/real-electron.ts'
import { until } from '../support/test-mesh.ts'

const LAUNCH_MS = 90_000
const ELSEWHERE = 'https://elsewhere.example/page'

let desktop: Desktop

beforeAll(async () => {
  await builtApp()
  desktop = await startDesktop()
}, LAUNCH_MS)
afterAll(() => desktop?.[Symbol.asyncDispose](), LAUNCH_MS)

describe(`desktop app, its page, ${RUNNER}`, () => {
  test('SEC-1 no Node.js in the page, and only what is named crosses', async () => {
    const seen = await desktop.page.evaluate(() => ({
      node: ['require', 'process', 'module', 'Buffer', 'global', '__dirname', 'electron', 'ipcRenderer'].filter(
        (name) => Reflect.has(globalThis, name),
      ),
      own: Object.keys(Object(Reflect.get(window, 'shoalDesktop'))).toSorted(),
    }))
    expect(seen.node).toEqual([])
    expect(seen.own).toEqual([
      'agentState',
      'chooseFolder',
      'forgetPassphrase',
      'keyring',
      'onAgentState',
      'platform',
      'rememberPassphrase',
      'retryAgent',
    ])
    const preferences = await desktop.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows().map(({ webContents }) => {
        const all: unknown = Reflect.apply(Reflect.get(webContents, 'getLastWebPreferences'), webContents, [])
        return Object.fromEntries(Object.entries(Object(all)))
      }),
    )
    expect(preferences).toHaveLength(1)
    expect(preferences[0]).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      webSecurity: true,
      nodeIntegration: false,
      webviewTag: false,
    })
  })

  test('SEC-2 the page has the origin of the app’s own scheme', async () => {
    const url = await desktop.app.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.getURL(),
    )
    expect(url).toMatch(/^app:\/\/shoal\/index\.html(#|$)/)
  })

  test('SEC-3 no string becomes code, nothing inline runs, nothing is asked of the network', async () => {
    const tried = await desktop.page.evaluate(async () => {
      const nameOf = async (attempt: () => unknown): Promise<string> => {
        try {
          await attempt()
          return 'done'
        } catch (err) {
          return err instanceof Error ? err.name : String(err)
        }
      }
      // Playwright's own evaluation is exempt from the policy; a timer is not.
      const inTimer = (attempt: () => unknown) =>
        new Promise<string>((resolve) => setTimeout(() => resolve(nameOf(attempt)), 0))
      return {
        evaluated: await inTimer(() => Reflect.apply(Reflect.get(globalThis, 'eval'), undefined, ['1 + 1'])),
        compiled: await inTimer(() => Reflect.construct(Function, ['return 1'])),
        html: await inTimer(() => (document.createElement('div').innerHTML = '<b>x</b>')),
        policy: await inTimer(() => {
          const types = Reflect.get(window, 'trustedTypes')
          return Reflect.apply(Reflect.get(types, 'createPolicy'), types, ['other', {}])
        }),
        inline: await inTimer(() => {
          const script = document.createElement('script')
          script.text = 'window.wasRun = true'
          document.head.append(script)
          return Reflect.has(window, 'wasRun') ? 'run' : Promise.reject(new TypeError('not run'))
        }),
        fetched: await inTimer(() => fetch('https://elsewhere.example/x')),
        own: await inTimer(() => fetch('/index.html')),
      }
    })
    expect(tried).toEqual({
      evaluated: 'EvalError',
      compiled: 'EvalError',
      html: 'TypeError',
      policy: 'TypeError',
      inline: 'TypeError',
      fetched: 'TypeError',
      own: 'TypeError',
    })
  })

  test('SEC-4 the window stays on its page and opens no other', async () => {
    const { app, page } = desktop
    const before = page.url()
    await page.evaluate((url) => {
      setTimeout(() => (location.href = url), 0)
    }, ELSEWHERE)
    await page.evaluate(() => {
      const link = document.createElement('a')
      link.href = 'javascript:window.wasRun = true'
      document.body.append(link)
      link.click()
      link.remove()
    })
    const opened = await page.evaluate((url) => {
      const frame = document.createElement('iframe')
      frame.src = url
      document.body.append(frame)
      window.open(url)
      window.open('file:///etc/passwd')
      frame.remove()
      return Reflect.has(window, 'wasRun')
    }, ELSEWHERE)
    expect(opened).toBe(false)
    await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(resolve)))
    await until(
      'one window',
      async () => (await app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)) === 1,
    )
    await until('no second page', () => app.windows().length === 1)
    expect(page.url()).toBe(before)
  })

  test('SEC-5 the page is denied whatever a page may ask for', async () => {
    if (IS_REAL) {
      const names = ['geolocation', 'notifications', 'camera', 'microphone', 'midi', 'clipboard-read'] as const
      for (const name of names) {
        const state = await desktop.page.evaluate(async (permission) => {
          const query = Reflect.get(navigator.permissions, 'query')
          return (await Reflect.apply(query, navigator.permissions, [{ name: permission }])).state
        }, name)
        expect(state, name).toBe('denied')
      }
      return
    }
    // The host keeps the handlers for tests to ask.
    const answers = await desktop.app.evaluate(({ session, BrowserWindow }) => {
      const own: object = session.defaultSession
      const ask = (handler: string, ...args: unknown[]): unknown => Reflect.apply(Reflect.get(own, handler), own, args)
      const contents = BrowserWindow.getAllWindows()[0]?.webContents
      const requested = (permission: string): unknown => {
        let granted: unknown = 'not answered'
        ask('permissionRequest', contents, permission, (answer: unknown) => (granted = answer))
        return granted
      }
      return {
        geolocation: requested('geolocation'),
        media: requested('media'),
        future: requested('something-of-a-later-version'),
        copy: requested('clipboard-sanitized-write'),
        copyElsewhere: ask('permissionCheck', null, 'clipboard-sanitized-write', 'https://elsewhere.example'),
        notifications: ask('permissionCheck', contents, 'notifications', 'app://shoal'),
        device: ask('devicePermission', {}),
        display: Reflect.get(own, 'displayMedia'),
      }
    })
    expect(answers).toEqual({
      geolocation: false,
      media: false,
      future: false,
      copy: true,
      copyElsewhere: false,
      notifications: false,
      device: false,
      display: null,
    })
  })

  test(
    'SEC-3 the page itself violates nothing',
    async () => {
      await using fresh = await startDesktop()
      await fresh.page.locator('#app > *').first().waitFor()
      expect(fresh.complaints.filter((text) => /Content Security Policy|Trusted/i.test(text))).toEqual([])
    },
    LAUNCH_MS,
  )
})
