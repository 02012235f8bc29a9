import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtApp } from '../support/built-app.ts'
import { type Desktop, desktopOptions, startDesktop } from '../support/desktop.ts'
import { askAgent, askDesktop } from '../support/desktop-page.ts'
import { IS_REAL, RUNNER } from '../support/real-electron.ts'
import { until } from '../support/test-mesh.ts'

const LAUNCH_MS = 90_000
const PASSPHRASE = 'correct horse battery staple'

let desktop: Desktop

beforeAll(async () => {
  await builtApp()
  desktop = await startDesktop()
}, LAUNCH_MS)
afterAll(() => desktop?.[Symbol.asyncDispose](), LAUNCH_MS)

describe(`desktop app, security, ${RUNNER}`, () => {
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
})
