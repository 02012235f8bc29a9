import { describe, expect, test } from 'vitest'
import { createLocalClient, parseRequest, REQUEST_SCHEMAS } from '../../../protocol/control/index.ts'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { aProgress, aPublish, aStatus, fakeHandlers, untilCancelled } from '../../support/fake-handlers.ts'

const PUBLISH = {
  dir: '/srv/web',
  channel: 'web',
  message: '',
  lifetimeMs: 1000,
  dryRun: false,
  checksum: false,
  waves: [],
}

describe('a client in process', () => {
  const create = (handlers = fakeHandlers(), odd: unknown[] = []) =>
    createLocalClient({ handlers, parse: parseRequest, onUnexpected: (_, err) => odd.push(err) })

  test('CTL-8 requests pass the same schemas and errors the same table as over a link', async () => {
    const odd: unknown[] = []
    const client = create(
      fakeHandlers({
        releases: async () => {
          throw new ShoalError('NO_SUCH_CHANNEL', 'none')
        },
        hosts: async () => {
          throw new TypeError('defect')
        },
      }),
      odd,
    )
    await expect(client.call('join', { ticket: '' })).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(client.call('releases', { channel: 'web' })).rejects.toMatchObject({ code: 'NO_SUCH_CHANNEL' })
    await expect(client.call('hosts', {})).rejects.toMatchObject({ code: 'INTERNAL' })
    expect(odd).toHaveLength(1)
  })

  test('CTL-8 a cancelled call waits until its handler has unwound', async () => {
    const events: string[] = []
    const client = create(
      fakeHandlers({
        status: async (_req, signal) => {
          try {
            return await untilCancelled(signal)
          } finally {
            await new Promise((resolve) => setTimeout(resolve, 5))
            events.push('unwound')
          }
        },
      }),
    )
    const abort = new AbortController()
    const call = client.call('status', {}, { signal: abort.signal })
    abort.abort()
    await expect(call).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(events).toEqual(['unwound'])
  })

  test('CTL-8 streams yield, return, can be left, and are ended by close even when nobody reads them', async () => {
    const ended: string[] = []
    const client = create(
      fakeHandlers({
        publish: async function* () {
          try {
            for (let i = 0; i < 3; i++) yield aProgress('store', i)
            return aPublish
          } finally {
            ended.push('publish')
          }
        },
        watchStatus: async function* () {
          try {
            for (;;) yield aStatus()
          } finally {
            ended.push('watch')
          }
        },
      }),
    )
    const events = client.stream('publish', PUBLISH)
    let step = await events.next()
    let count = 0
    for (; step.done !== true; step = await events.next()) count++
    expect([count, step.value]).toEqual([3, aPublish])
    for await (const event of client.stream('publish', PUBLISH)) if (event.files === 1) break
    expect(ended).toEqual(['publish', 'publish'])
    const forgotten = client.stream('watchStatus', {})
    await forgotten.next()
    await client.close()
    expect(ended).toEqual(['publish', 'publish', 'watch'])
    await expect(client.call('status', {})).rejects.toMatchObject({ code: 'CANCELLED' })
  })
})

describe('request schemas', () => {
  const good = {
    meshCreate: { name: 'Acme ø' },
    meshInvite: { host: 'oslo-1', site: 'oslo', labels: { role: 'web' }, lifetimeMs: 1 },
    join: { ticket: 'shoal1x' },
    targetAdd: { channel: 'web', root: '/srv/web', strategy: 'in-place', graceMs: 0, keep: 0 },
    targetRemove: { channel: 'web' },
    targetRetry: { channel: 'web' },
    targetConsent: { channel: 'web' },
    rollback: { channel: 'web', to: 1, message: '', lifetimeMs: 1000, waves: [] },
    pause: { channel: 'web', fromWave: null, message: '' },
    resume: { channel: 'web', throughWave: 2, message: '' },
    promote: { channel: 'web', wave: 'next', message: '' },
    retryHost: { channel: 'web', host: 'oslo-1' },
    retryHosts: { channel: 'web', hosts: ['oslo-1'] },
    previewWaves: { channel: 'web', waves: ['5%'] },
    releases: { channel: 'web' },
    publish: PUBLISH,
    show: { channel: 'web', sequence: 1 },
    verify: { channel: null, deep: true },
    diff: { dir: '/srv/web', channel: 'web' },
    bundleExport: { channel: 'web', file: '/mnt/web.shoal', sites: ['oslo'] },
    bundleImport: { file: '/mnt/web.shoal' },
  } as const

  test.each(Object.entries(good))('CTL-2 %s takes its own shape and nothing more', (method, req) => {
    const name = method as keyof typeof good
    expect(parseRequest(name, req)).toEqual(req)
    expect(() => parseRequest(name, { ...req, extra: 1 })).toThrow(/extra/)
    for (const key of Object.keys(req)) {
      const rest = Object.fromEntries(Object.entries(req).filter(([name]) => name !== key))
      expect(() => parseRequest(name, rest)).toThrow(`${method}: ${key}`)
      expect(() => parseRequest(name, { ...req, [key]: { deep: 1 } })).toThrow(
        expect.objectContaining({ code: 'BAD_REQUEST' }),
      )
    }
  })

  test.each([
    ['targetAdd', { ...good.targetAdd, root: 'srv' }],
    ['targetAdd', { ...good.targetAdd, root: '/srv\0' }],
    ['targetAdd', { ...good.targetAdd, strategy: 'copy' }],
    ['targetAdd', { ...good.targetAdd, keep: 1.5 }],
    ['targetAdd', { ...good.targetAdd, graceMs: -1 }],
    ['publish', { ...PUBLISH, channel: '../web' }],
    ['publish', { ...PUBLISH, message: '\ud800' }],
    ['publish', { ...PUBLISH, lifetimeMs: 0 }],
    ['show', { channel: 'web', sequence: 0 }],
    ['show', { channel: 'web', sequence: 2 ** 60 }],
    ['meshInvite', { ...good.meshInvite, labels: { 'a b': 'c' } }],
    [
      'meshInvite',
      { ...good.meshInvite, labels: Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, ''])) },
    ],
    ['status', null],
    ['status', []],
  ] as const)('CTL-2 %s refuses %j', (method, req) => {
    expect(() => parseRequest(method, req)).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }))
  })

  test('CTL-2 every entry of the contract has a schema', () => {
    expect(Object.keys(REQUEST_SCHEMAS).toSorted()).toEqual(Object.keys(fakeHandlers()).toSorted())
  })
})
