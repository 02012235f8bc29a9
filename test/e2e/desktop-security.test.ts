import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtApp } from '../support/built-app.ts'
import { type Desktop, desktopOptions, IS_REAL, RUNNER, startDesktop } from '../support/desktop.ts'
import { askAgent, askDesktop } from '../support/desktop-page.ts'
import { until } from '../support/test-mesh.ts'

const LAUNCH_MS = 90_000
const ELSEWHERE = 'https://elsewhere.example/page'
const PASSPHRASE = 'correct horse battery staple'

let desktop: Desktop

beforeAll(async () => {
  await builtApp()
  desktop = await startDesktop()
}, LAUNCH_MS)
afterAll(() => desktop?.[Symbol.asyncDispose](), LAUNCH_MS)

describe(`desktop app, security, ${RUNNER}`, () => {
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

  test('SEC-6 one port at a time: the link before it ends, and garbage ends a link', async () => {
    const closed = await desktop.page.evaluate(async () => {
      const next = () =>
        new Promise<MessagePort>((resolve) => {
          const timer = setInterval(() => window.postMessage('agent-port-wanted', location.origin), 250)
          window.addEventListener('message', function listen(event) {
            const [port] = event.ports
            if (event.data !== 'agent-port' || port === undefined) return
            clearInterval(timer)
            window.removeEventListener('message', listen)
            resolve(port)
          })
        })
      const ended = (port: MessagePort) =>
        new Promise<true>((resolve) => {
          port.addEventListener('close', () => resolve(true))
          port.start()
        })
      const first = await next()
      const firstEnded = ended(first)
      const second = await next()
      const secondEnded = ended(second)
      await firstEnded
      second.postMessage({ t: 'call', id: 'not a number', name: 'status' })
      return secondEnded
    })
    expect(closed).toBe(true)
  })

  test('SEC-6 the window is given an id for the folder that a person chose', async () => {
    const { app, page, home } = desktop
    expect(await askDesktop(page, 'chooseFolder')).toEqual({ ok: true, value: null })
    await app.evaluate(({ dialog }, path) => {
      dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [path] })
    }, home)
    const { value } = Object(await askDesktop(page, 'chooseFolder'))
    expect(value).toMatchObject({ path: home, id: expect.stringMatching(/^[\w-]{22}$/) })
    expect(await askAgent(page, 'folders', { folder: null })).toMatchObject({ rows: [{ id: value.id, path: home }] })
    await expect(askAgent(page, 'folders', { folder: 'guessed' })).rejects.toThrow('NO_SUCH_FOLDER')
  })

  test('SEC-6 a request that is none is refused, and nothing is done', async () => {
    for (const wrong of [42, '', { path: '/etc' }, 'x'.repeat(2000)]) {
      expect(await askDesktop(desktop.page, 'rememberPassphrase', wrong)).toMatchObject({
        ok: false,
        error: { code: 'BAD_REQUEST' },
      })
    }
    expect(await askDesktop(desktop.page, 'keyring')).toMatchObject({ ok: true, value: { remembered: false } })
  })

  test.skipIf(IS_REAL)('SEC-7 what the keyring keeps is nowhere in the app’s files in the clear', async () => {
    const { page, config, home } = desktop
    expect(await askDesktop(page, 'rememberPassphrase', PASSPHRASE)).toEqual({
      ok: true,
      value: { available: true, remembered: true },
    })
    for (const folder of [config, home]) {
      for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue
        const bytes = await readFile(join(entry.parentPath, entry.name))
        expect(bytes.includes(PASSPHRASE), entry.name).toBe(false)
      }
    }
    expect(await askDesktop(page, 'forgetPassphrase')).toMatchObject({ value: { remembered: false } })
  })

  test(
    'SEC-10 SEC-11 DESK-6 a second start hands its link to the first one and ends',
    async () => {
      const { app, page, home, config } = desktop
      const start = async (link: string): Promise<number | null> => {
        const { executablePath, args, cwd, env } = await desktopOptions({ args: [link] }, home, config)
        const child = spawn(executablePath, ['--no-sandbox', ...args], { cwd, env, stdio: 'ignore' })
        const [code] = await once(child, 'exit')
        return typeof code === 'number' ? code : null
      }
      expect(await start('shoal://rollouts/web')).toBe(0)
      await until('the place of the link', () => page.url().endsWith('#/rollouts/web'))
      // A link that would act, or names a path, brings the window to the front and changes nothing.
      expect(await start('shoal://publish?path=/etc')).toBe(0)
      expect(await start('shoal://rollback/web/1')).toBe(0)
      expect(await start('shoal://overview')).toBe(0)
      await until('the place of the last link', () => page.url().endsWith('#/overview'))
      expect(app.windows()).toHaveLength(1)
    },
    LAUNCH_MS,
  )

  test.skipIf(IS_REAL)('SEC-16 the app names itself to the system, and its links', async () => {
    const asked = await desktop.app.evaluate(({ app }) => {
      const { modelId, protocols, sandbox } = Object(Reflect.get(app, 'asked'))
      return { modelId, protocols, sandbox }
    })
    expect(asked).toEqual({ modelId: 'shoal.console', protocols: ['shoal'], sandbox: true })
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
