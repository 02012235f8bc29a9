import { describe, expect, test } from 'vitest'
import { MessageChannel } from 'node:worker_threads'
import { createControlClient, portLink } from '../../../protocol/control/window.ts'
import { parseRequest, serveLink } from '../../../protocol/control/index.ts'
import type { HostView, StatusDocument } from '../../../protocol/status/index.ts'
import { type ConsoleEvent, INITIAL, reduce } from '../../../renderer/state/console-state.ts'
import { follow } from '../../../renderer/state/follow.ts'
import { ageText, convergenceText, markOf } from '../../../renderer/state/view-model.ts'
import { fakeHandlers } from '../../support/fake-handlers.ts'

const status = (name: string): StatusDocument => ({
  mesh: { id: '0', name, rootVersion: 1, expires: '2030-01-01T00:00:00.000Z' },
  self: {
    peerId: 'p',
    host: 'h',
    site: 's',
    addresses: [],
    peers: 0,
    rssBytes: 1,
    storeBytes: 2,
    reach: { behindNat: false, relays: [], relayedBytes: 0 },
    connected: [],
    links: null,
  },
  channels: [],
})

const host = (over: Partial<HostView>): HostView => ({
  host: 'h',
  site: 's',
  peerId: 'p',
  sequence: 2,
  manifest: null,
  state: 'settled',
  proved: true,
  progress: 1,
  ageSeconds: 1,
  wave: 1,
  received: { wireBytes: 0, sameSiteBytes: 0, otherSiteBytes: 0, wastedBytes: 0, reusedBytes: 0 },
  receivedBy: null,
  transfer: null,
  commit: null,
  retained: { releases: 0, bytes: 0, heldBytes: 0 },
  staleProcesses: [],
  atRisk: [],
  error: null,
  ...over,
})

describe('console state', () => {
  test('CONSOLE-1 what was shown stays until something newer is known', () => {
    const shown = reduce(INITIAL, { type: 'status', status: status('a') })
    expect(shown).toEqual({ link: 'live', status: status('a'), error: undefined })
    const lost = reduce(shown, { type: 'lost' })
    expect(lost).toEqual({ link: 'lost', status: status('a'), error: undefined })
    expect(reduce(lost, { type: 'connecting' }).link).toBe('lost')
    expect(reduce(INITIAL, { type: 'connecting' }).link).toBe('connecting')
    const refused = reduce(lost, { type: 'refused', code: 'NO_MESH', message: 'none' })
    expect(refused.error).toEqual({ code: 'NO_MESH', message: 'none' })
    expect(reduce(refused, { type: 'status', status: status('b') })).toEqual({
      link: 'live',
      status: status('b'),
      error: undefined,
    })
  })

  test('CONSOLE-2 proved is said only of the head', () => {
    expect(markOf(host({}), 2)).toEqual({ word: 'proved', shape: '●', tone: 'good' })
    expect(markOf(host({}), 3).tone).not.toBe('good')
    expect(markOf(host({ proved: false }), 2).word).toBe('settled')
    expect(markOf(host({ proved: false, state: 'drifted' }), 2)).toEqual({ word: 'drifted', shape: '▲', tone: 'bad' })
    expect(markOf(host({ proved: false, state: 'held' }), 2).tone).toBe('quiet')
    const channel = {
      name: 'web',
      sequence: 2,
      manifest: null,
      publishedAt: null,
      fresh: true,
      converged: 1,
      hosts: 3,
      rollout: null,
      states: [],
    }
    expect(convergenceText(channel)).toBe('1 of 3 hosts proved release 2')
    expect(convergenceText({ ...channel, sequence: 0 })).toContain('no release')
    expect([5, 300, 7200, 400_000].map(ageText)).toEqual(['5 s', '5 min', '2 h', '5 d'])
  })

  test('CONSOLE-3 follows the agent through lost links', async () => {
    const events: ConsoleEvent[] = []
    const stop = new AbortController()
    let links = 0
    const connect = async () => {
      const { port1, port2 } = new MessageChannel()
      const name = `mesh ${++links}`
      const handlers = {
        ...fakeHandlers(),
        watchStatus: async function* () {
          yield status(name)
          return null
        },
      }
      serveLink({ handlers, parse: parseRequest, onUnexpected: () => undefined }, portLink(port1))
      return createControlClient(portLink(port2))
    }
    await follow(
      connect,
      (event) => {
        events.push(event)
        if (links === 2 && event.type === 'lost') stop.abort()
      },
      stop.signal,
      1,
    )
    expect(events.map((e) => (e.type === 'status' ? e.status.mesh.name : e.type))).toEqual([
      'connecting',
      'mesh 1',
      'lost',
      'connecting',
      'mesh 2',
      'lost',
    ])
  })
})
