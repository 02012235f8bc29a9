import { describe, expect, onTestFinished, test } from 'vitest'
import { openStore } from '../../../node-agent/store/index.ts'
import { hostPicture, Views } from '../../../node-agent/views/index.ts'
import { type LinkReport, parseSiteName } from '../../../protocol/index.ts'
import { SILENT_SECONDS } from '../../../protocol/status/index.ts'
import { ManualClock } from '../../support/manual-clock.ts'
import { channelWord, SimulatedBook } from '../../support/simulated-book.ts'
import { tempDir } from '../../support/temp-dir.ts'

const NOW = 1_800_000_000_000
/** What the node that looks would tell of its links. */
const OWN: LinkReport = { neighbours: 1, sites: [] }

/** Views of two hosts at release 1, looked at for as long as the test lasts. */
async function looking() {
  const clock = new ManualClock(NOW)
  const book = new SimulatedBook()
  const [one, two] = [book.enrol('oslo-1', 'oslo'), book.enrol('oslo-2', 'oslo')]
  book.publish('web', 1, NOW)
  for (const peer of [one, two]) book.say(peer, NOW, [channelWord(1)])
  const store = await openStore(`${await tempDir()}/db`)
  // Of the book only what views read is there.
  const mesh = () => ({ book, peer: one, rollouts: { waveOf: () => undefined } }) as never
  const views = new Views({ mesh, store, clock, own: () => undefined, connected: () => [], links: () => OWN })
  await views.ready()
  const stop = new AbortController()
  const running = views.run(stop.signal).catch((err: unknown) => err)
  onTestFinished(async () => {
    stop.abort()
    await running
    await store.close()
  })
  return { clock, book, one, two, views }
}

/** Winds in steps, letting what the home reads and writes catch up, until something has become so. */
async function windUntil(clock: ManualClock, reached: () => boolean): Promise<void> {
  for (let i = 0; i < 2000 && !reached(); i++) {
    await clock.wind(2_000)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  expect(reached()).toBe(true)
}

describe('what an agent sees of its mesh', () => {
  test('VIEW-9 events tell what hosts became, and that they are back', async () => {
    const { clock, book, two, views } = await looking()
    const error = { code: 'FILE_SYSTEM', message: 'EIO' } as const
    book.say(two, NOW + 1, [channelWord(0, { state: 'failed', error })])
    await windUntil(clock, () => views.events.of(two).length === 1)
    expect(views.events.of(two)).toMatchObject([
      { what: 'failed', channel: 'web', text: 'current → failed: FILE_SYSTEM: EIO' },
    ])
    await windUntil(clock, () => views.events.of(two)[0]?.what === 'offline')
    book.say(two, clock.now(), [channelWord(1)])
    await windUntil(clock, () => views.events.of(two)[0]?.what === 'back')
    expect(views.events.of(two)[0]).toMatchObject({ text: 'back, and current' })
    expect(views.heardMs).not.toBeNull()
  })

  test('LINKS-9 a host tells its links by its own words, this node by what it sees, and an older agent none', async () => {
    const { clock, book, one, two, views } = await looking()
    const host = async (name: string) => {
      const { neighbours, links } = await hostPicture({ views, rollout: async () => null } as never, name, clock.now())
      return { neighbours, links }
    }
    expect(await host('oslo-2')).toEqual({ neighbours: null, links: [] })
    const link = { connections: 4, relayed: true, roundTripMs: 45, rate: { bytesPerSecond: 4096, age: 'now' } } as const
    const sites = [{ site: parseSiteName('lima'), ...link }]
    book.say(two, clock.now() - 600_000, [], { links: { neighbours: 3, sites } })
    expect(await host('oslo-2')).toEqual({
      neighbours: 3,
      links: [
        {
          site: 'lima',
          peers: 4,
          more: true,
          relayed: true,
          roundTripMs: 45,
          rate: { bytesPerSecond: 4096, age: 'minutes' },
        },
      ],
    })
    book.say(one, clock.now(), [], { links: { neighbours: 9, sites: [] } })
    expect((await host('oslo-1')).neighbours).toBe(1)
  })

  test('VIEW-7 the curve of a release grows while hosts prove it', async () => {
    const { clock, book, one, two, views } = await looking()
    book.publish('web', 2, NOW + 1)
    const points = () => views.curves.of('web', 2).length
    await windUntil(clock, () => points() === 1)
    book.say(one, clock.now(), [channelWord(2)])
    await windUntil(clock, () => points() === 2)
    book.say(two, clock.now(), [channelWord(2)])
    await windUntil(clock, () => points() === 3)
    expect(views.curves.of('web', 2).map(({ converged }) => converged)).toEqual([0, 1, 2])
  })

  test('VIEW-8 a host that falls silent raises an alert, which ends when it is heard again', async () => {
    const { clock, book, one, two, views } = await looking()
    let told = 0
    views.onAlerts(() => told++)
    const open = () => views.alerts.open().map(({ id }) => id)
    await windUntil(clock, () => clock.now() > NOW + (SILENT_SECONDS - 60) * 1000)
    expect(open()).toEqual(['alone'])
    book.say(two, clock.now(), [channelWord(1)])
    await windUntil(clock, () => open().includes('silent/oslo'))
    await views.acknowledge('silent/oslo', true)
    expect(open()).toEqual(['alone'])
    book.say(one, clock.now(), [channelWord(1)])
    await windUntil(clock, () => views.alerts.all().some(({ id, endedMs }) => id === 'silent/oslo' && endedMs !== null))
    expect(told).toBeGreaterThan(1)
  })
})
