import { expect, onTestFinished, test } from 'vitest'
import { WebSocket } from 'ws'
import { CONTROL_LIMITS, createControlClient, webSocketLink } from '../../protocol/control/index.ts'
import { builtApp } from '../support/built-app.ts'
import { launchChromium } from '../support/chromium.ts'
import { enrolledHost, quietHome, shoal, shoalJson, startAgent } from '../support/processes.ts'
import { tempDir } from '../support/temp-dir.ts'
import { startWeb } from '../support/web-process.ts'

/** A third of the time after which an agent that is silent is given up. */
const SOON_MS = CONTROL_LIMITS.viewIdleMs

/** Signs in as a browser does, and opens the WebSocket. */
async function signIn(url: string) {
  const { origin, host } = new URL(url)
  const reply = await fetch(url, { redirect: 'manual' })
  expect(reply.status).toBe(303)
  const cookie = reply.headers.get('set-cookie')?.split(';')[0] ?? ''
  const socket = new WebSocket(`ws://${host}/control`, { headers: { cookie, origin } })
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject))
  const client = createControlClient(webSocketLink(socket))
  onTestFinished(() => client.close())
  return client
}

test('WEB-8 shoal web joins the running agent, and a browser shows the mesh without an error on its console', async () => {
  await builtApp()
  const folder = await tempDir()
  const admin = quietHome(folder, 'admin')
  await shoalJson(admin, 'mesh', 'create', 'north')
  const { home } = await enrolledHost(folder, admin, 'oslo-1', 'oslo')
  const agent = await startAgent(admin)
  await startAgent(home, '--bootstrap', agent.addresses[0] ?? '')
  const { url, child } = await startWeb(admin)
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  page.on('pageerror', (err) => errors.push(err.message))
  await page.goto(url)
  expect(new URL(page.url()).pathname).toBe('/')
  await page.getByText('north').first().waitFor()
  expect(errors).toEqual([])
  // The address was used.
  expect((await fetch(url, { redirect: 'manual' })).status).toBe(403)
  const code = new Promise((resolve) => child.once('close', resolve))
  child.kill('SIGTERM')
  expect(await code).toBe(0)
})

test('WEB-6 CONSOLE-31 an agent that is killed is told of at once in a browser, and the page goes on when there is one again', async () => {
  await builtApp()
  const folder = await tempDir()
  const admin = quietHome(folder, 'admin')
  await shoalJson(admin, 'mesh', 'create', 'north')
  const agent = await startAgent(admin)
  const { url } = await startWeb(admin)
  const browser = await launchChromium()
  onTestFinished(() => browser.close())
  const page = await browser.newPage()
  const opened = page.waitForEvent('websocket')
  await page.goto(url)
  const socket = await opened
  await page.locator('[data-stale=false]').first().waitFor()
  const closed = socket.waitForEvent('close')
  const killedMs = Date.now()
  await agent.kill()
  await closed
  // Long before silence alone would tell.
  await page.getByText('The agent does not answer.').waitFor({ timeout: SOON_MS })
  console.log(`the page knew ${Date.now() - killedMs} ms after the kill`)
  await page.locator('[data-stale=true]').first().waitFor({ timeout: SOON_MS })
  await startAgent(admin)
  await page.getByText('The agent does not answer.').waitFor({ state: 'detached' })
  await page.locator('[data-stale=true]').first().waitFor({ state: 'detached' })
})

test('WEB-8 without an agent it runs one itself, and a home without a mesh can make one', async () => {
  await builtApp()
  const folder = await tempDir()
  const home = quietHome(folder, 'admin')
  const bare = await startWeb(home)
  const window = await signIn(bare.url)
  await expect(window.call('status', {})).rejects.toMatchObject({ code: 'NO_MESH' })
  expect(await window.call('meshCreate', { name: 'south' })).toMatchObject({ name: 'south' })
  await window.close()
  const ended = new Promise((resolve) => bare.child.once('close', resolve))
  bare.child.kill('SIGTERM')
  expect(await ended).toBe(0)
  const { url } = await startWeb(home)
  const again = await signIn(url)
  const { self } = await again.call('status', {})
  expect(self.addresses.length).toBeGreaterThan(0)
  // It is the home's agent to everybody else, too.
  expect(await shoal(home, 'agent')).toMatchObject({ code: 1, stderr: expect.stringContaining('HOME_IN_USE') })
  for await (const update of again.stream('watchOverview', {})) {
    expect(update.mesh.name).toBe('south')
    break
  }
})
