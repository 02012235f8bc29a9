import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { metricsText } from '../../../node-agent/cli/metrics.ts'
import type { AgentModule } from '../../../node-agent/cli/index.ts'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { aHost, aStatus, fakeHandlers } from '../../support/fake-handlers.ts'
import { cli, fakeAgent, startCli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'

const until = async (reached: () => boolean): Promise<void> => {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 1))
}

describe('shoal agent', () => {
  test('CLI-14 says once that it is ready, and the first signal stops it with exit 0', async () => {
    const stop = new AbortController()
    const run = startCli({
      argv: ['agent', '--json', '--listen', '/ip4/127.0.0.1/tcp/0', '--bootstrap', '/ip4/10.0.0.1/tcp/1'],
      home: await tempDir(),
      signal: stop.signal,
    })
    await until(() => run.stdout() !== '')
    expect(JSON.parse(run.stdout())).toEqual({
      event: 'ready',
      peerId: '12D3KooWself',
      addresses: ['/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWself'],
    })
    stop.abort()
    const { code, stdout, stderr, used, inits } = await run.result
    expect(code).toBe(0)
    expect(stdout.match(/\n/g)).toHaveLength(1)
    expect(used).toEqual(['createAgent', 'start', 'stop'])
    expect(inits[0]).toMatchObject({ listen: ['/ip4/127.0.0.1/tcp/0'], bootstrap: ['/ip4/10.0.0.1/tcp/1'] })
    for (const line of stderr.trimEnd().split('\n')) expect(JSON.parse(line)).toMatchObject({ level: 'info' })
  })

  test('CLI-14 a signal during the start stops it too', async () => {
    const stop = new AbortController()
    const events: string[] = []
    const starting = Promise.withResolvers<void>()
    const createAgent: AgentModule['createAgent'] = () => ({
      ...fakeAgent(fakeHandlers(), events),
      start: async () => {
        stop.abort()
        await starting.promise
        throw new ShoalError('CANCELLED', 'stopped')
      },
      stop: async () => {
        events.push('stop')
        starting.resolve()
      },
    })
    const { code, stdout } = await cli({
      argv: ['agent'],
      home: await tempDir(),
      signal: stop.signal,
      agent: { createAgent },
    })
    expect({ code, stdout, first: events[0] }).toEqual({ code: 0, stdout: '', first: 'stop' })
  })

  test.each(['HOME_IN_USE', 'ADDRESS_IN_USE', 'ADDRESS_INVALID'] as const)(
    'CLI-14 an agent that cannot start says why: %s',
    async (code) => {
      const used: string[] = []
      const createAgent: AgentModule['createAgent'] = () => ({
        ...fakeAgent(fakeHandlers(), used),
        start: async () => Promise.reject(new ShoalError(code, 'nothing was changed')),
      })
      const result = await cli({ argv: ['agent'], home: await tempDir(), agent: { createAgent } })
      expect(result).toMatchObject({ stdout: '', stderr: `shoal: ${code}: nothing was changed\n` })
      expect(used).toEqual(['stop'])
    },
  )

  test('CLI-14 an agent that can no longer work ends the process with its error', async () => {
    const used: string[] = []
    const broken = Promise.withResolvers<Error>()
    const createAgent: AgentModule['createAgent'] = () => fakeAgent(fakeHandlers(), used, broken.promise)
    const run = startCli({ argv: ['agent'], home: await tempDir(), agent: { createAgent } })
    await until(() => run.stdout() !== '')
    expect(run.stdout()).toBe('ready  12D3KooWself\n       /ip4/127.0.0.1/tcp/4001/p2p/12D3KooWself\n')
    broken.resolve(new ShoalError('STORE_CORRUPT', 'the index is broken'))
    const { code, stderr } = await run.result
    expect(code).toBe(1)
    expect(stderr).toContain('shoal: STORE_CORRUPT: the index is broken\n')
    expect(used).toEqual(['start', 'stop'])
  })
})

describe('--metrics', () => {
  test('CLI-15 serves the status as gauges at /metrics and nothing else, until the agent stops', async () => {
    const stop = new AbortController()
    const run = startCli({ argv: ['agent', '--metrics', '127.0.0.1:0'], home: await tempDir(), signal: stop.signal })
    await until(() => run.stdout() !== '')
    const port = /metrics-listening address=127\.0\.0\.1 port=(\d+)/.exec(run.stderr())?.[1]
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`)
    expect(answer.headers.get('content-type')).toContain('text/plain; version=0.0.4')
    expect(await answer.text()).toBe(metricsText(aStatus([aHost('oslo-1')])))
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(404)
    expect((await fetch(`http://127.0.0.1:${port}/metrics`, { method: 'POST' })).status).toBe(405)
    stop.abort()
    expect((await run.result).code).toBe(0)
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).rejects.toThrow()
  })

  test('CLI-15 a port in use is ADDRESS_IN_USE, and the agent is stopped', async () => {
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    const { code, stderr, used } = await cli({
      argv: ['agent', '--metrics', `127.0.0.1:${port}`],
      home: await tempDir(),
    })
    expect(code).toBe(1)
    expect(stderr).toContain(`shoal: ADDRESS_IN_USE: --metrics: something else listens on 127.0.0.1:${port}\n`)
    expect(used).toEqual(['createAgent', 'start', 'stop'])
    expect((await cli({ argv: ['agent', '--metrics', '192.0.2.1:9090'], home: await tempDir() })).stderr).toContain(
      'ADDRESS_INVALID',
    )
  })

  test('CLI-15 the text is what Prometheus reads, whatever a name holds', () => {
    const text = metricsText(aStatus([aHost('a"b\\c\nd')]))
    expect(text).toContain('shoal_host_proved{channel="web",host="a\\"b\\\\c\\nd",site="oslo"} 1\n')
    for (const line of text.trimEnd().split('\n')) {
      expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="([^"\\\n]|\\.)*",?)*\})? -?[\d.e+]+)$/)
    }
    expect(text).toContain('# TYPE shoal_peers gauge\nshoal_peers 4\n')
  })
})
