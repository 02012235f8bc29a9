import { onTestFinished, describe, expect, test } from 'vitest'
import { judge } from '../../../node-agent/cli/convergence.ts'
import { createControlServer } from '../../../node-agent/control/index.ts'
import { createLogger, systemClock } from '../../../node-agent/lifecycle/index.ts'
import { ShoalError } from '../../../protocol/errors/index.ts'
import type { StatusDocument } from '../../../protocol/status/index.ts'
import { aHost, aMember, aStatus, fakeHandlers, untilCancelled } from '../../support/fake-handlers.ts'
import { cli, startCli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { serveHome } from './serve-home.ts'

const goal = (hosts: number | 'all', sequence = 2) => ({ channel: 'web', sequence, hosts })

describe('when it is reached', () => {
  test('CLI-12 as many hosts as asked have proved the release or a later one', () => {
    const states = [
      aHost('a'),
      aHost('b', { sequence: 3 }),
      aHost('c', { sequence: 1 }),
      aHost('d', { proved: false, state: 'staging' }),
    ]
    const status = aStatus(states)
    expect(judge(goal(2), status, []).reached).toBe(true)
    expect(judge(goal(3), status, []).reached).toBe(false)
    expect(judge(goal(1, 3), status, []).reached).toBe(true)
    expect(judge({ ...goal(1), channel: 'other' }, status, []).reached).toBe(false)
  })

  test('CLI-12 all means every host with the target and every member that has said nothing yet', () => {
    const done = aStatus([aHost('a'), aHost('b')])
    const members = [aMember('a'), aMember('b')]
    expect(judge(goal('all'), done, members).reached).toBe(true)
    // One that reported and has no such target does not count.
    expect(judge(goal('all'), done, [...members, aMember('c', { channels: ['base'] })]).reached).toBe(true)
    const silent = judge(goal('all'), done, [...members, aMember('c', { reportedAt: null, channels: [] })])
    expect(silent).toMatchObject({ reached: false, missing: ['c at oslo (never reported)'] })
    expect(judge(goal('all'), done, [...members, aMember('c')]).reached).toBe(false)
    expect(
      judge(
        goal('all'),
        aStatus([aHost('a'), aHost('b', { proved: false, state: 'fetching', progress: 0.456, sequence: 1 })]),
        members,
      ),
    ).toMatchObject({
      reached: false,
      missing: ['b at oslo (fetching, 45 %, at release 1, heard 3s ago)'],
    })
  })

  test('CLI-12 nobody is not everybody', () => {
    expect(judge(goal('all'), aStatus([]), []).reached).toBe(false)
  })
})

describe('shoal wait', () => {
  const watching = (documents: readonly StatusDocument[], members = [aMember('oslo-1')]) =>
    fakeHandlers({
      hosts: async () => members,
      status: async () => documents[0] ?? aStatus(),
      watchStatus: async function* (_req, signal) {
        for (const document of documents) yield document
        return untilCancelled(signal)
      },
    })

  test('CLI-13 blocks until the head of the time is proved, and prints the final status', async () => {
    const last = aStatus([aHost('oslo-1')], 3)
    const home = await serveHome(
      watching([aStatus([aHost('oslo-1', { proved: false })]), aStatus([aHost('oslo-1', { proved: false })], 3), last]),
    )
    const { code, stdout } = await cli({ argv: ['wait', '--channel', 'web', '--json'], home })
    expect(code).toBe(0)
    // Release 2 was the head when it began: that the head went on to 3 does not matter.
    expect(JSON.parse(stdout)).toEqual(last)
    expect((await cli({ argv: ['wait', '--channel', 'web'], home })).stdout).toBe('1 host proved web@2\n')
  })

  test('CLI-13 exits 3 in time, names who is missing, and prints the final status all the same', async () => {
    const status = aStatus([
      aHost('oslo-1'),
      aHost('oslo-2', { proved: false, state: 'failed', sequence: 1, error: { code: 'NO_SPACE', message: 'full' } }),
    ])
    const home = await serveHome(
      watching([status], [aMember('oslo-1'), aMember('oslo-2'), aMember('mars', { reportedAt: null })]),
    )
    const began = performance.now()
    const { code, stdout, stderr } = await cli({
      argv: ['wait', '--channel', 'web', '--timeout', '300ms', '--json'],
      home,
    })
    expect(performance.now() - began).toBeGreaterThan(290)
    expect(code).toBe(3)
    expect(JSON.parse(stdout)).toEqual(status)
    expect(stderr).toContain(
      'shoal: TIMED_OUT: web@2: after 300ms 1 of all wanted hosts proved it; missing: oslo-2 at oslo (failed: NO_SPACE, at release 1, heard 3s ago); mars at oslo (never reported)\n',
    )
  })

  test('CLI-41 --only counts the hosts that a query finds, those that never reported among them', async () => {
    const status = aStatus([aHost('oslo-1'), aHost('lima-1', { proved: false, state: 'fetching' })])
    const members = [aMember('oslo-1'), aMember('lima-1', { site: 'lima' })]
    const waitFor = async (only: string, more: readonly string[] = [], known = members) =>
      cli({
        argv: ['wait', '--channel', 'web', '--only', only, '--timeout', '200ms', ...more],
        home: await serveHome(watching([status], known)),
      })
    expect(await waitFor('-site:lima')).toMatchObject({ code: 0, stdout: '1 host proved web@2\n' })
    const lima = await waitFor('site:lima')
    expect(lima.code).toBe(3)
    expect(lima.stderr).toContain('0 of all matching wanted hosts proved it; missing: lima-1 at oslo (fetching')
    expect((await waitFor('host:oslo*', ['--hosts', '2'])).code).toBe(3)
    const silent = [...members, aMember('oslo-9', { reportedAt: null, channels: [] })]
    expect((await waitFor('host:oslo*', [], silent)).stderr).toContain('oslo-9 at oslo (never reported)')
    expect((await waitFor('site:nowhere')).code).toBe(3)
  })

  test('CLI-41 a query of what changes by itself is refused before anything is looked at', async () => {
    for (const only of ['is:failed', 'site:oslo release:<2', 'colour:red']) {
      const { code, stderr } = await cli({
        argv: ['wait', '--channel', 'web', '--only', only],
        home: '/nowhere/at/all',
      })
      expect(code).toBe(2)
      expect(stderr).toContain('shoal: QUERY_INVALID: query, character ')
    }
  })

  test('CLI-13 a channel nobody knows times out and says so', async () => {
    const home = await serveHome(watching([{ ...aStatus(), channels: [] }, aStatus([], 0)]))
    const { code, stderr } = await cli({ argv: ['wait', '--channel', 'web', '--timeout', '100ms'], home })
    expect(code).toBe(3)
    expect(stderr).toContain('shoal: TIMED_OUT: no release of web became known here in 100ms\n')
  })

  test('CLI-13 --timeout 0s only looks', async () => {
    const { code } = await cli({
      argv: ['wait', '--channel', 'web', '--timeout', '0s'],
      home: await serveHome(watching([aStatus()])),
    })
    expect(code).toBe(3)
  })

  test('CLI-13 without an agent it looks once, lets go of the home, and waits for an agent', async () => {
    const home = await tempDir()
    const handlers = {
      status: async () => aStatus([aHost('oslo-1', { proved: false })]),
      hosts: async () => [aMember('oslo-1')],
    }
    const alone = await cli({ argv: ['wait', '--channel', 'web', '--timeout', '600ms'], home, handlers })
    expect(alone.code).toBe(3)
    expect(alone.used).toEqual(['openOffline', 'close'])
    expect(alone.stderr).toContain('no agent runs on this home, so nothing can arrive: start shoal agent')

    const run = startCli({ argv: ['wait', '--channel', 'web', '--timeout', '20s'], home, handlers })
    while (run.stderr() === '') await new Promise((resolve) => setTimeout(resolve, 1))
    const log = createLogger({ level: 'error', json: false, clock: systemClock, write: () => undefined })
    const agent = createControlServer({ handlers: watching([aStatus([aHost('oslo-1')])]), log }, { home })
    await agent.start()
    onTestFinished(() => agent.stop())
    expect((await run.result).code).toBe(0)
  })

  test('CLI-13 an agent that restarts meanwhile is waited for', async () => {
    const home = await tempDir()
    const log = createLogger({ level: 'error', json: false, clock: systemClock, write: () => undefined })
    const before = createControlServer(
      { handlers: watching([aStatus([aHost('oslo-1', { proved: false })])]), log },
      { home },
    )
    await before.start()
    const run = startCli({ argv: ['wait', '--channel', 'web', '--timeout', '20s'], home })
    while (run.stderr() === '') await new Promise((resolve) => setTimeout(resolve, 1))
    await before.stop()
    const after = createControlServer({ handlers: watching([aStatus([aHost('oslo-1')])]), log }, { home })
    await after.start()
    onTestFinished(() => after.stop())
    expect((await run.result).code).toBe(0)
  })

  test('CLI-22 interrupting it is CANCELLED, exit 1', async () => {
    const stop = new AbortController()
    const run = startCli({
      argv: ['wait', '--channel', 'web'],
      home: await serveHome(watching([aStatus()])),
      signal: stop.signal,
    })
    while (run.stderr() === '') await new Promise((resolve) => setTimeout(resolve, 1))
    stop.abort(new ShoalError('CANCELLED', 'interrupted'))
    const { code, stderr } = await run.result
    expect(code).toBe(1)
    expect(stderr).toContain('shoal: CANCELLED: interrupted\n')
  })

  test('CLI-2 any other failure of the agent is its own', async () => {
    const home = await serveHome(
      fakeHandlers({
        watchStatus: async function* () {
          yield aStatus()
          throw new ShoalError('STORE_CORRUPT', 'broken')
        },
      }),
    )
    expect((await cli({ argv: ['wait', '--channel', 'web'], home })).stderr).toContain('shoal: STORE_CORRUPT: broken')
  })
})
