import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseConfig } from '../../../node-agent/config/index.ts'
import { createLogger, systemClock } from '../../../node-agent/lifecycle/index.ts'
import { openOffline } from '../../../node-agent/offline.ts'
import type { CompareRow, ControlHandlers } from '../../../protocol/control/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

const never = new AbortController().signal
const DAY = 86_400_000

async function open(home: string): Promise<ControlHandlers> {
  const log = createLogger({ level: 'error', json: false, clock: systemClock, write: () => undefined })
  const config = await parseConfig('[limits.otherSite]\nrate = "1MiB"\nquietHours = ["22:00-06:30"]\n', 'config.toml')
  const { handlers, close } = await openOffline({ home, config, clock: systemClock, log })
  onTestFinished(close)
  return handlers
}

/** A home with a mesh, a host that is invited, and two releases of `web`. */
async function published() {
  const folder = await tempDir()
  const [home, dir] = [join(folder, 'home'), join(folder, 'site')]
  mkdirSync(home, { mode: 0o700 })
  mkdirSync(dir)
  const handlers = await open(home)
  await handlers.meshCreate({ name: 'north' }, never)
  await handlers.meshInvite({ host: 'oslo-1', site: 'oslo', labels: {}, lifetimeMs: DAY }, never)
  const publish = async (message: string): Promise<void> => {
    const req = { dir, channel: 'web', message, lifetimeMs: 60 * DAY, dryRun: false, checksum: false, waves: [] }
    const stream = handlers.publish(req, never)
    while ((await stream.next()).done !== true);
  }
  writeFileSync(join(dir, 'a'), 'one')
  writeFileSync(join(dir, 'b'), 'two')
  writeFileSync(join(dir, 'moves'), 'from here to there')
  await publish('first')
  writeFileSync(join(dir, 'a'), 'one more')
  chmodSync(join(dir, 'b'), 0o755)
  writeFileSync(join(dir, 'c'), '')
  await publish('second')
  return { handlers, folder }
}

/** The first picture of a stream that would go on. */
async function first<T>(stream: AsyncGenerator<T, unknown, undefined>): Promise<T> {
  for await (const item of stream) return item
  throw new Error('ended without an item')
}

const ALL = { first: 0, count: 100 }

describe('views of a home', () => {
  test('VIEW-9 the overview of a mesh that nobody else has joined', async () => {
    const { handlers } = await published()
    const update = await first(handlers.watchOverview({}, never))
    expect(update).toMatchObject({
      mesh: { name: 'north', rootVersion: 1 },
      self: { site: 'admin', peers: 0, heardMs: null },
      hosts: 1,
      withTargets: 0,
      channels: [{ channel: 'web', release: 2, message: 'second', hosts: 0, converged: 0, rollout: null }],
      recent: [{ release: 2 }, { release: 1 }],
    })
  })

  test('VIEW-9 releases, and any two of them compared', async () => {
    const { handlers } = await published()
    const { total, rows } = await first(handlers.watchReleases({ channel: null, ...ALL }, never))
    expect(total).toBe(2)
    expect(rows).toMatchObject([
      {
        release: 2,
        head: true,
        kept: true,
        sameAs: null,
        message: 'second',
        signers: [{ role: 'publisher of every channel' }],
      },
      { release: 1, head: false, kept: true },
    ])
    const pages = handlers.compare({ from: { channel: 'web', release: 1 }, to: { channel: 'web', release: 2 } }, never)
    const found: CompareRow[] = []
    let step = await pages.next()
    for (; step.done !== true; step = await pages.next()) found.push(...step.value)
    expect(found).toMatchObject([
      { what: 'changed', path: 'a', sizeBefore: 3, sizeAfter: 8, detail: 'content' },
      { what: 'changed', path: 'b', sizeBefore: 3, sizeAfter: 3, detail: 'mode 0644 → 0755' },
      { what: 'added', path: 'c', sizeBefore: null, sizeAfter: 0, detail: '' },
    ])
    expect(step.value).toMatchObject({ added: 1, changed: 2, removed: 0, renamed: 0, unchanged: 1 })
    const none = handlers.compare({ from: { channel: 'web', release: 1 }, to: { channel: 'web', release: 9 } }, never)
    await expect(none.next()).rejects.toMatchObject({ code: 'NO_SUCH_RELEASE' })
  })

  test('VIEW-9 the rollout of a release, the newest or an older one', async () => {
    const { handlers } = await published()
    const head = await first(handlers.watchRollout({ channel: 'web', release: null }, never))
    expect(head).toMatchObject({ release: 2, superseded: false, hosts: 0, waves: [], stragglers: [], steps: [] })
    const old = await first(handlers.watchRollout({ channel: 'web', release: 1 }, never))
    expect(old).toMatchObject({ release: 1, superseded: true, message: 'first' })
    await expect(handlers.watchRollout({ channel: 'web', release: 7 }, never).next()).rejects.toMatchObject({
      code: 'NO_SUCH_RELEASE',
    })
  })

  test('VIEW-9 a rollout that goes back tells whose content it has', async () => {
    const { handlers } = await published()
    await handlers.rollback({ channel: 'web', to: 1, message: '', lifetimeMs: DAY, waves: [] }, never)
    const back = await first(handlers.watchRollout({ channel: 'web', release: null }, never))
    expect(back).toMatchObject({ release: 3, again: 1 })
    const before = await first(handlers.watchRollout({ channel: 'web', release: 2 }, never))
    expect(before).toMatchObject({ release: 2, again: null })
  })

  test('VIEW-9 activity is what was signed, filtered, and verified when it is looked at', async () => {
    const { handlers } = await published()
    const all = await first(handlers.watchActivity({ kinds: [], text: '', ...ALL }, never))
    expect(all.rows.every(({ verified, by }) => verified && by.every(({ role }) => role !== null))).toBe(true)
    expect(all.rows.slice(0, 3).map(({ kind, text }) => [kind, text])).toEqual([
      ['release', 'web@2 published: second'],
      ['release', 'web@1 published: first'],
      ['invited', 'oslo-1 was invited to oslo'],
    ])
    // The home that made the mesh is its first member.
    expect(
      all.rows
        .slice(3)
        .map(({ kind }) => kind)
        .toSorted(),
    ).toEqual(['invited', 'joined', 'keys'])
    const some = await first(handlers.watchActivity({ kinds: ['release'], text: 'FIRST', ...ALL }, never))
    expect(some).toMatchObject({ total: 6, matching: 1, rows: [{ subject: 'web' }] })
  })

  test('VIEW-9 network, hosts, alerts and vocabulary of an empty mesh', async () => {
    const { handlers } = await published()
    expect(await first(handlers.watchNetwork({}, never))).toMatchObject({
      sites: [{ site: 'admin', hosts: 1 }],
      links: [],
      parts: [{ sites: ['admin'], deniedBy: 0 }],
    })
    await expect(handlers.networkPath({ from: 'a', to: 'b' }, never)).rejects.toMatchObject({ code: 'NO_SUCH_HOST' })
    await expect(handlers.watchHost({ host: 'oslo-1' }, never).next()).rejects.toMatchObject({ code: 'NO_SUCH_HOST' })
    expect(await first(handlers.watchAlerts({}, never))).toMatchObject({ alerts: [] })
    expect(await handlers.hostAt({ query: '', channel: null, index: 0 }, never)).toMatchObject({ state: 'unknown' })
    expect(await handlers.hostAt({ query: '', channel: null, index: 1 }, never)).toBeNull()
    expect(await handlers.queryVocabulary({}, never)).toMatchObject({ channels: ['web'] })
  })

  test('VIEW-10 a release goes to another channel without an upload', async () => {
    const { handlers } = await published()
    const from = { channel: 'web', release: 1 }
    const req = { from, channel: 'stable', message: 'proved', lifetimeMs: DAY }
    expect(await handlers.republish(req, never)).toMatchObject({ channel: 'stable', release: 1, from, proposal: null })
    const { rows } = await first(handlers.watchReleases({ channel: 'stable', ...ALL }, never))
    const [web] = (await first(handlers.watchReleases({ channel: 'web', first: 1, count: 1 }, never))).rows
    expect(rows).toMatchObject([{ release: 1, head: true, message: 'proved', manifest: web?.manifest }])
    await expect(handlers.republish(req, never)).rejects.toMatchObject({ code: 'ROLLBACK_NEEDLESS' })
    expect(await handlers.republish({ ...req, from: { channel: 'web', release: 2 } }, never)).toMatchObject({
      release: 2,
    })
    const gone = { ...req, from: { channel: 'web', release: 9 } }
    await expect(handlers.republish(gone, never)).rejects.toMatchObject({ code: 'NO_SUCH_RELEASE' })
  })

  test('VIEW-9 settings are kept in the home', async () => {
    const { handlers, folder } = await published()
    const views = [
      { name: 'b', query: 'is:failed', channel: null },
      { name: 'a', query: '', channel: 'web' },
    ]
    const set = await handlers.settingsSet({ savedViews: views, mutedAlerts: ['silent'] }, never)
    expect(set.savedViews.map(({ name }) => name)).toEqual(['a', 'b'])
    expect(set).toMatchObject({ home: join(folder, 'home'), mdns: true, mutedAlerts: ['silent'] })
    expect(set.limits).toEqual(['otherSite.rate: 1.00 MiB/s', 'otherSite.quietHours: 22:00-06:30'])
    expect(await handlers.settings({}, never)).toEqual(set)
  })

  test('VIEW-9 a home without a mesh says so', async () => {
    const home = await tempDir()
    const handlers = await open(home)
    for (const stream of [handlers.watchOverview({}, never), handlers.watchNetwork({}, never)]) {
      await expect(stream.next()).rejects.toMatchObject({ code: 'NO_MESH' })
    }
  })
})
