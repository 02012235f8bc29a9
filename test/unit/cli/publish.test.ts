import { describe, expect, test } from 'vitest'
import { FolderTable } from '../../../node-agent/preview/index.ts'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { aHost, aProgress, aPublish, aStatus, fakeHandlers, untilCancelled } from '../../support/fake-handlers.ts'
import { cli, startCli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { serveHome } from './serve-home.ts'

describe('publish', () => {
  test('CLI-10 without an agent it starts one in this process, prints its document when published, and seeds until enough hosts proved it', async () => {
    const proved = Promise.withResolvers<void>()
    let released = false
    const run = startCli({
      argv: ['publish', '/srv', '--channel', 'web', '--json', '--seed-until', '2', '--listen', '/ip4/127.0.0.1/tcp/0'],
      home: await tempDir(),
      handlers: {
        watchStatus: async function* () {
          // This node's own word does not count, nor an older release's.
          yield aStatus([aHost('self', { peerId: '12D3KooWself' }), aHost('oslo-1'), aHost('oslo-2', { sequence: 1 })])
          await proved.promise
          released = true
          yield aStatus([aHost('oslo-1'), aHost('oslo-2', { sequence: 3 })])
          throw new Error('nobody should read on')
        },
      },
    })
    while (run.stdout() === '') await new Promise((resolve) => setTimeout(resolve, 1))
    expect(JSON.parse(run.stdout())).toMatchObject({
      channel: aPublish.channel,
      sequence: aPublish.sequence,
      newBytes: aPublish.newBytes,
    })
    while (!run.stderr().includes('1 of 2 hosts')) await new Promise((resolve) => setTimeout(resolve, 1))
    expect(released).toBe(false)
    proved.resolve()
    const { code, stdout, stderr, used, inits } = await run.result
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      channel: aPublish.channel,
      sequence: aPublish.sequence,
      newBytes: aPublish.newBytes,
    })
    expect(stderr).toContain('2 hosts proved web@2\n')
    expect(used).toEqual(['createAgent', 'start', 'stop'])
    expect(inits[0]).toMatchObject({ listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: [] })
  })

  test('CLI-10 being interrupted while seeding is a good end', async () => {
    const stop = new AbortController()
    const run = startCli({
      argv: ['publish', '/srv', '--channel', 'web'],
      home: await tempDir(),
      signal: stop.signal,
      handlers: {
        watchStatus: async function* (_req, signal) {
          yield aStatus([])
          stop.abort()
          return untilCancelled(signal)
        },
      },
    })
    const { code, stderr, used } = await run.result
    expect(code).toBe(0)
    expect(stderr).toContain('stopped seeding web@2: 0 of 1 host proved it; shoal agent goes on serving it')
    expect(used.at(-1)).toBe('stop')
  })

  test('CLI-10 --seed-until 0 and --dry-run need no network', async () => {
    for (const flag of [['--seed-until', '0'], ['--dry-run']]) {
      const { used } = await cli({ argv: ['publish', '/srv', '--channel', 'web', ...flag], home: await tempDir() })
      expect(used).toEqual(['openOffline', 'close'])
    }
  })

  test('CLI-11 with a running agent it is told to publish, and serves by itself', async () => {
    const home = await serveHome(fakeHandlers())
    const { code, stdout, used } = await cli({ argv: ['publish', '/srv', '--channel', 'web', '--json'], home })
    expect({ code, used }).toEqual({ code: 0, used: [] })
    expect(JSON.parse(stdout)).toMatchObject({
      channel: aPublish.channel,
      sequence: aPublish.sequence,
      newBytes: aPublish.newBytes,
    })
  })

  test('CLI-22 interrupting the publishing cancels it, waits until it has unwound, and exits 1', async () => {
    const stop = new AbortController()
    const events: string[] = []
    const { code, stdout, stderr, used } = await cli({
      argv: ['publish', '/srv', '--channel', 'web', '--json'],
      home: await tempDir(),
      signal: stop.signal,
      handlers: {
        publish: async function* (_req, signal) {
          try {
            yield aProgress('scan', 1)
            stop.abort()
            for (let i = 0; i < 1000; i++) {
              signal.throwIfAborted()
              yield aProgress('store', i)
            }
            return aPublish
          } finally {
            events.push('unwound')
          }
        },
      },
    })
    expect({ code, stdout, events }).toEqual({ code: 1, stdout: '', events: ['unwound'] })
    expect(stderr).toMatch(/shoal: CANCELLED: /)
    expect(used).toEqual(['createAgent', 'start', 'stop'])
  })

  test('CLI-16 progress goes to stderr: phases in a log, one rewritten line on a terminal', async () => {
    const argv = ['publish', '/srv', '--channel', 'web', '--dry-run']
    const progress = {
      ...aProgress('store', 812),
      totalFiles: 2400,
      totalBytes: 2 ** 30,
      bytesPerSecond: 2 ** 27,
      etaSeconds: 7.5,
    }
    const handlers = {
      publish: async function* () {
        for (let i = 0; i < 100; i++) yield progress
        yield { ...progress, phase: 'sign' } as const
        return aPublish
      },
    }
    const log = await cli({ argv, home: await tempDir(), handlers })
    expect(log.stderr).toBe(
      'store  812 of 2400 files  79.3 KiB of 1.00 GiB  128 MiB/s  8s left\nsign  812 of 2400 files  79.3 KiB of 1.00 GiB  128 MiB/s  8s left\n',
    )
    const terminal = await cli({ argv, home: await tempDir(), handlers, tty: true })
    expect(terminal.stderr).not.toContain('\n')
    expect(terminal.stderr.startsWith('\rstore  812')).toBe(true)
    expect(terminal.stderr.endsWith('\r\u001b[K')).toBe(true)
  })

  test('CLI-10 an agent that does not start is stopped and its error is the answer', async () => {
    const events: string[] = []
    const { code, stderr } = await cli({
      argv: ['publish', '/srv', '--channel', 'web'],
      home: await tempDir(),
      agent: {
        createAgent: () => ({
          start: async () => Promise.reject(new ShoalError('ADDRESS_IN_USE', 'taken')),
          stop: async () => void events.push('stop'),
          handlers: fakeHandlers(),
          peerId: () => '',
          addresses: () => [],
          failure: new Promise(() => undefined),
          folders: new FolderTable({ roots: [] }),
        }),
      },
    })
    expect({ code, stderr, events }).toEqual({ code: 1, stderr: 'shoal: ADDRESS_IN_USE: taken\n', events: ['stop'] })
  })
})
