import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectControl } from '../../node-agent/control/index.ts'
import type { ControlClient, RolloutUpdate } from '../../protocol/control/index.ts'
import type { StatusDocument } from '../../protocol/status/index.ts'
import { builtApp, CHECKOUT } from '../support/built-app.ts'
import { launchChromium } from '../support/chromium.ts'
import { shoalJson } from '../support/processes.ts'

const START_MS = 180_000
/** A wave goes through staging and health checks of minutes. */
const ACT_MS = 240_000
const HOUR_MS = 3_600_000

interface Ready {
  readonly url: string
  readonly home: string
  readonly builds: string
  readonly simulated: boolean
}

let ready: Ready
let client: ControlClient
let end: () => Promise<number | null>
let said = ''

/** The demo as a person starts it. */
beforeAll(async () => {
  await builtApp()
  const args = [join(CHECKOUT, 'test/simulator/main.ts'), '--hosts', '300', '--sites', '14', '--json']
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  end = () => {
    child.kill('SIGINT')
    return ended
  }
  const line = new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve))
  const first = await Promise.race([line, ended])
  if (typeof first !== 'string') throw new Error(`it ended with ${first}: ${said}`)
  ready = JSON.parse(first)
  const connected = await connectControl(ready.home)
  if (connected === undefined) throw new Error('its home is not served')
  client = connected
}, START_MS)

afterAll(async () => {
  await client?.close()
  await end?.()
})

/** Pictures of a view until one fits. */
async function until<T>(pictures: AsyncGenerator<T, unknown, undefined>, fits: (picture: T) => boolean): Promise<T> {
  for await (const picture of pictures) if (fits(picture)) return picture
  throw new Error('the view has ended')
}

/** What a stream ends with. */
async function lastOf<T>(stream: AsyncGenerator<unknown, T, undefined>): Promise<T> {
  for (;;) {
    const next = await stream.next()
    if (next.done === true) return next.value
  }
}

const rollout = (fits: (picture: RolloutUpdate) => boolean, release: number | null = null): Promise<RolloutUpdate> =>
  until(client.stream('watchRollout', { channel: 'web', release }), fits)

test('SIM-1 every page of the console is fed without an error on its console', async () => {
  const browser = await launchChromium()
  const page = await browser.newPage()
  const errors: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') errors.push(message.text())
  })
  page.on('pageerror', (err) => errors.push(err.message))
  await page.goto(ready.url)
  for (const [place, shown] of [
    ['overview', 'Hosts by site'],
    ['hosts', 'Time left'],
    ['hosts?host=fra1-0001', 'web@'],
    ['rollouts/web', 'Where the bytes came from'],
    ['releases/web', 'Rank by distance'],
    ['publish/web', 'web'],
    ['network', 'Path between two hosts'],
    ['alerts', 'Open ('],
    ['activity', 'Rank by distance'],
    ['access', 'fra1-rebuilt'],
    ['access/keys', 'Bela'],
    ['settings', ready.home],
  ] as const) {
    await page.evaluate((hash) => (location.hash = hash), `#/${place}`)
    await page.getByText(shown).first().waitFor()
  }
  await browser.close()
  expect(errors).toEqual([])
})

test('SIM-1 views that a page follows, and questions that it asks, are answered', async () => {
  const first = async <T>(pictures: AsyncGenerator<T, unknown, undefined>): Promise<T> => until(pictures, () => true)
  const overview = await first(client.stream('watchOverview', {}))
  expect(overview).toMatchObject({ hosts: 301, self: { host: 'console-anna' } })
  expect(overview.channels.map(({ channel }) => channel)).toEqual(['base-config', 'edge-firmware', 'kiosk', 'web'])
  const network = await first(client.stream('watchNetwork', {}))
  expect(network.parts.length).toBeGreaterThan(1)
  const activity = await first(client.stream('watchActivity', { kinds: [], text: '', first: 0, count: 200 }))
  expect(activity.rows.filter(({ verified }) => !verified)).toEqual([])
  expect(new Set(activity.rows.map(({ kind }) => kind))).toContain('rollout')
  const path = await client.call('networkPath', { from: 'console-anna', to: 'fra1-0001' })
  expect(path.hops).toMatchObject([{ fromSite: 'head-office', toSite: 'fra1' }])
  const sides = { from: { channel: 'web', release: 3 }, to: { channel: 'web', release: 4 } }
  expect(await lastOf(client.stream('compare', sides))).toMatchObject({ added: 2, removed: 0 })
  expect(await first(client.stream('watchStatus', {}))).toMatchObject({ self: { host: 'console-anna' } })
  await expect(client.call('targetConsent', { channel: 'web' })).rejects.toMatchObject({ code: 'NO_SUCH_TARGET' })
})

test(
  'SIM-3 ROLLOUT-15 a rollout is paused, goes on, is promoted, and hosts try again that were asked by name',
  async () => {
    await client.call('pause', { channel: 'web', fromWave: null, message: 'look first' })
    await rollout(({ summary }) => summary?.state === 'paused')
    await client.call('resume', { channel: 'web', throughWave: null, message: '' })
    await client.call('promote', { channel: 'web', wave: 'all', message: '' })
    const before = await rollout(({ waves }) => waves.every(({ state }) => state === 'open' || state === 'done'))
    const after = await rollout(({ converged }) => converged > before.converged + 10)
    expect(after.steps.map(({ what }) => what).toSorted()).toEqual(['promote', 'promote', 'resume'])
    const isBack = ({ stragglers }: RolloutUpdate): boolean =>
      stragglers.some(({ host, state }) => host === 'fra1-0002' && state === 'rolled-back')
    await rollout(isBack)
    const told = await client.call('retryHosts', { channel: 'web', hosts: ['fra1-0002', 'nobody'] })
    expect(told).toMatchObject({ channel: 'web', hosts: ['fra1-0002'], missing: ['nobody'] })
    const nobody = client.call('retryHosts', { channel: 'web', hosts: ['nobody', 'no-other'] })
    await expect(nobody).rejects.toMatchObject({ code: 'NO_SUCH_HOST' })
    await rollout((picture) => !isBack(picture))
  },
  ACT_MS,
)

test('SIM-3 a previewed folder is published, and rolled back, and hosts follow', async () => {
  const kiosk = (release: number): Promise<RolloutUpdate> =>
    until(
      client.stream('watchRollout', { channel: 'kiosk', release: null }),
      (picture) => picture.release === release && picture.converged > 0,
    )
  const { rows: roots } = await client.call('folders', { folder: null })
  const { rows } = await client.call('folders', { folder: roots[0]?.id ?? '' })
  const folder = rows.find(({ name }) => name === 'kiosk')?.id ?? ''
  const read = await lastOf(client.stream('publishPreview', { folder, channel: 'kiosk', exclude: [] }))
  expect(read).toMatchObject({ against: 2, ticket: expect.any(String) })
  expect(read.changed).toBeGreaterThan(0)
  const ticket = read.ticket ?? ''
  const request = { ticket, message: 'From a test', lifetimeMs: HOUR_MS, waves: [] }
  expect(await lastOf(client.stream('publishPreviewed', request))).toMatchObject({ channel: 'kiosk', sequence: 3 })
  await kiosk(3)
  const back = { channel: 'kiosk', to: 2, message: 'Back', lifetimeMs: HOUR_MS, waves: [] }
  expect(await client.call('rollback', back)).toMatchObject({ sequence: 4, rollbackOf: 2 })
  await kiosk(4)
}, 60_000)

test('SIM-5 it says that it is a simulation, and the command line sees its mesh', async () => {
  expect(ready.simulated).toBe(true)
  expect(said).toContain('simulat')
  const { mesh } = await shoalJson<StatusDocument>(ready.home, 'status')
  expect(mesh.name).toBe('simulated-mesh')
})

test('SIM-5 interrupted, it ends well and leaves nothing behind', async () => {
  await client.close()
  expect(await end()).toBe(0)
  expect(existsSync(dirname(ready.home))).toBe(false)
})
