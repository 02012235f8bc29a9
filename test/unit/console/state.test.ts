import { describe, expect, test } from 'vitest'
import { MessageChannel } from 'node:worker_threads'
import { parseRequest, serveLink } from '../../../protocol/control/index.ts'
import { createControlClient, HOST_CONDITIONS, portLink } from '../../../protocol/control/window.ts'
import { type FeedState, LOADING, reduceFeed } from '../../../renderer/state/feed.ts'
import { MARK_ORDER, MARKS } from '../../../renderer/state/mark.ts'
import { type SessionState, startSession } from '../../../renderer/state/session.ts'
import { createStore } from '../../../renderer/state/store.ts'
import { createSubscription } from '../../../renderer/state/subscription.ts'
import { makeFleet } from '../../support/console/fleet.ts'
import { overviewOf } from '../../support/console/overview-view.ts'
import { fakeHandlers, untilCancelled } from '../../support/fake-handlers.ts'

const until = async (holds: () => boolean): Promise<void> => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 1))
}

describe('console state', () => {
  test('CONSOLE-1 what was shown stays, greyed, until something newer is known', () => {
    const shown = reduceFeed<string>(LOADING, { type: 'item', value: 'a', atMs: 5 })
    expect(shown).toEqual({ phase: 'live', value: 'a', atMs: 5, error: undefined, complete: false })
    expect(reduceFeed(shown, { type: 'lost' })).toMatchObject({ phase: 'stale', value: 'a' })
    expect(reduceFeed(shown, { type: 'quiet' })).toMatchObject({ phase: 'stale', value: 'a' })
    expect(reduceFeed<string>(LOADING, { type: 'lost' }).phase).toBe('loading')
    const refused = reduceFeed(shown, { type: 'refused', problem: { code: 'NO_MESH', message: 'none' } })
    expect(refused).toMatchObject({ phase: 'failed', value: 'a', error: { code: 'NO_MESH' } })
    expect(reduceFeed(refused, { type: 'again' })).toMatchObject({ phase: 'stale', error: undefined })
    expect(reduceFeed(refused, { type: 'item', value: 'b', atMs: 9 })).toMatchObject({ phase: 'live', value: 'b' })
    const ended = reduceFeed(shown, { type: 'end' })
    expect(reduceFeed(ended, { type: 'lost' })).toMatchObject({ phase: 'live', complete: true })
  })

  test('CONSOLE-2 each state is a word, a shape and a colour, and none is like another', () => {
    const marks = HOST_CONDITIONS.map((condition) => MARKS[condition])
    expect(new Set(marks.map((mark) => mark.word)).size).toBe(HOST_CONDITIONS.length)
    expect(new Set(marks.map((mark) => mark.shape)).size).toBe(HOST_CONDITIONS.length)
    expect(MARK_ORDER.toSorted()).toEqual(HOST_CONDITIONS.toSorted())
    expect(HOST_CONDITIONS.filter((condition) => MARKS[condition].tone === 'good')).toEqual(['current'])
  })

  test('CONSOLE-3 follows the agent through lost links and refusals', async () => {
    const hosts = makeFleet(10)
    let links = 0
    const connect = async () => {
      const { port1, port2 } = new MessageChannel()
      const link = ++links
      const handlers = fakeHandlers({
        watchOverview: async function* () {
          yield { ...overviewOf(hosts), hosts: link }
          port1.close()
          return null
        },
      })
      serveLink({ handlers, parse: parseRequest, onUnexpected: () => undefined }, portLink(port1))
      return createControlClient(portLink(port2))
    }
    const seen: string[] = []
    const session = startSession(connect, { againMs: 1 })
    session.state.subscribe(() => {
      const { link, overview } = session.state.get()
      const now = `${link} ${overview?.hosts}`
      if (seen.at(-1) !== now) seen.push(now)
    })
    await until(() => seen.length >= 6)
    session.stop()
    expect(seen.slice(0, 6)).toEqual(['connecting undefined', 'live 1', 'lost 1', 'live 2', 'lost 2', 'live 3'])
  })

  test('CONSOLE-3 an agent that says nothing any more is given up, and asked for anew', async () => {
    const hosts = makeFleet(3)
    let links = 0
    const connect = async () => {
      const { port1, port2 } = new MessageChannel()
      links++
      const handlers = fakeHandlers({
        watchOverview: async function* (_request, signal) {
          yield overviewOf(hosts)
          return untilCancelled(signal)
        },
      })
      serveLink({ handlers, parse: parseRequest, onUnexpected: () => undefined }, portLink(port1))
      return createControlClient(portLink(port2))
    }
    const session = startSession(connect, { againMs: 1, silentMs: 5 })
    const seen = new Set<string>()
    session.state.subscribe(() => seen.add(session.state.get().link))
    await until(() => links >= 3)
    session.stop()
    expect([...seen]).toEqual(['connecting', 'live', 'lost'])
    expect(session.state.get().overview?.hosts).toBe(3)
  })

  test('CONSOLE-31 an agent whose process ended is given up at once, and asked for again when it runs', async () => {
    let links = 0
    const connect = async () => {
      const { port1, port2 } = new MessageChannel()
      links++
      const handlers = fakeHandlers({
        watchOverview: async function* (_request, signal) {
          yield overviewOf(makeFleet(3))
          return untilCancelled(signal)
        },
      })
      serveLink({ handlers, parse: parseRequest, onUnexpected: () => undefined }, portLink(port1))
      return createControlClient(portLink(port2))
    }
    // Nothing but being told ends its waiting.
    const session = startSession(connect, { againMs: 2 ** 30, silentMs: 2 ** 30 })
    await until(() => session.state.get().overview !== undefined)
    session.lose()
    await until(() => session.state.get().link === 'lost')
    expect(session.state.get()).toMatchObject({ client: undefined, overview: { hosts: 3 } })
    expect(links).toBe(1)
    session.nudge()
    await until(() => session.state.get().link === 'live')
    expect(links).toBe(2)
    session.lose()
    await until(() => session.state.get().link === 'lost')
    session.stop()
  })

  test('CONSOLE-12 an answer to an older question is never shown for a newer one', async () => {
    const late = Promise.withResolvers<string>()
    const { port1 } = new MessageChannel()
    const client = createControlClient(portLink(port1))
    const session = createStore<SessionState>({
      link: 'live',
      client,
      lostAtMs: undefined,
      overview: undefined,
      overviewAtMs: 0,
      problem: undefined,
    })
    const signals: AbortSignal[] = []
    const ask = (answer: Promise<string>) =>
      createSubscription<string>(session, async function* (_client, signal) {
        signals.push(signal)
        yield await answer
      })
    const old = ask(late.promise)
    old.start()()
    const next = ask(Promise.resolve('of 2'))
    const stop = next.start()
    late.resolve('of 1')
    await until(() => next.state.get().value !== undefined)
    await new Promise((resolve) => setTimeout(resolve, 5))
    expect(old.state.get().value).toBeUndefined()
    expect(next.state.get()).toMatchObject({ value: 'of 2', complete: true })
    expect(signals[0]?.aborted).toBe(true)
    stop()
    port1.close()
  })

  test('CONSOLE-1 a view without news for long is stale, and a link that returns feeds it again', async () => {
    const session = createStore<SessionState>({
      link: 'live',
      client: createControlClient(portLink(new MessageChannel().port1)),
      lostAtMs: undefined,
      overview: undefined,
      overviewAtMs: 0,
      problem: undefined,
    })
    let asked = 0
    const view = createSubscription<number>(
      session,
      async function* (_client, signal) {
        yield ++asked
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
      },
      { quietMs: 5 },
    )
    const seen: FeedState<number>['phase'][] = []
    view.state.subscribe(() => seen.push(view.state.get().phase))
    const stop = view.start()
    await until(() => view.state.get().phase === 'stale')
    session.set({ ...session.get(), link: 'lost', client: undefined })
    session.set({ ...session.get(), link: 'live', client: createControlClient(portLink(new MessageChannel().port1)) })
    await until(() => view.state.get().value === 2)
    stop()
    expect(seen.slice(0, 2)).toEqual(['live', 'stale'])
    expect(asked).toBe(2)
  })
})
