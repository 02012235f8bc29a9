import { createServer, type Server } from 'node:http'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import type { StatusDocument } from '../../protocol/status/index.ts'
import type { Logger } from '../lifecycle/index.ts'
import { gauge, type Sample } from './prometheus.ts'
import { linkMetrics, transferMetrics } from './transfer-metrics.ts'

export interface MetricsDeps {
  readonly handlers: Pick<ControlHandlers, 'status'>
  readonly log: Logger
}

/** A scraper that does not take its answer must not hold a socket for ever. */
const SOCKET_MS = 10_000

/**
 * Serves GET /metrics as Prometheus text (version 0.0.4) from the status document. Read-only, unauthenticated: for loopback or a scraper's network.
 * @throws ADDRESS_IN_USE, ADDRESS_INVALID
 */
export async function serveMetrics(
  deps: MetricsDeps,
  at: { readonly host: string; readonly port: number },
): Promise<AsyncDisposable> {
  const stopping = new AbortController()
  const server = createServer({ requestTimeout: SOCKET_MS, headersTimeout: SOCKET_MS }, (req, res) => {
    const answer = (code: number, body: string): void => {
      res.writeHead(code, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' }).end(body)
    }
    if (req.url !== '/metrics') return answer(404, 'metrics are at /metrics\n')
    if (req.method !== 'GET' && req.method !== 'HEAD') return answer(405, 'GET only\n')
    deps.handlers.status({}, stopping.signal).then(
      (status) => answer(200, metricsText(status)),
      (err: unknown) => {
        deps.log.warn('metrics-failed', { error: err instanceof Error ? err.message : String(err) })
        answer(503, 'no status\n')
      },
    )
  })
  server.setTimeout(SOCKET_MS, (socket) => socket.destroy())
  await listen(server, at)
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : at.port
  deps.log.info('metrics-listening', { address: at.host, port })
  return {
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        stopping.abort()
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, { host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      const code = 'code' in cause ? String(cause.code) : ''
      const at = `${host}:${port}`
      if (code === 'EADDRINUSE') {
        return reject(new ShoalError('ADDRESS_IN_USE', `--metrics: something else listens on ${at}`, { cause }))
      }
      reject(new ShoalError('ADDRESS_INVALID', `--metrics: cannot listen on ${at} (${code})`, { cause }))
    })
    server.listen(port, host, resolve)
  })
}

/** The status document as gauges and counters. */
export function metricsText({ self, channels }: StatusDocument): string {
  const hosts = channels.flatMap((channel) => channel.states.map((host) => ({ channel: channel.name, host })))
  const perChannel = (value: (channel: (typeof channels)[number]) => number): Sample[] =>
    channels.map((channel) => [{ channel: channel.name }, value(channel)])
  const perHost = (value: (host: (typeof hosts)[number]['host']) => number): Sample[] =>
    hosts.map(({ channel, host }) => [{ channel, host: host.host, site: host.site }, value(host)])
  return [
    gauge('shoal_peers', 'Connected members.', [[{}, self.peers]]),
    gauge('shoal_rss_bytes', 'Resident memory of the agent.', [[{}, self.rssBytes]]),
    gauge('shoal_store_bytes', 'Bytes on disk of chunks kept beside live trees.', [[{}, self.storeBytes]]),
    gauge('shoal_behind_nat', 'Whether others cannot open connections to this host, as far as is known.', [
      [{}, self.reach.behindNat ? 1 : 0],
    ]),
    gauge('shoal_relayed_bytes', 'Bytes passed on between others since the agent started.', [
      [{}, self.reach.relayedBytes],
    ]),
    gauge(
      'shoal_channel_sequence',
      "Sequence of the channel's head.",
      perChannel(({ sequence }) => sequence),
    ),
    gauge(
      'shoal_channel_fresh',
      '1 unless the head has expired.',
      perChannel(({ fresh }) => Number(fresh)),
    ),
    gauge(
      'shoal_channel_hosts',
      'Hosts that have the channel as a target.',
      perChannel((channel) => channel.hosts),
    ),
    gauge(
      'shoal_channel_converged',
      'Hosts that have proved the head.',
      perChannel(({ converged }) => converged),
    ),
    gauge(
      'shoal_host_sequence',
      "Release that the host's tree is at.",
      perHost(({ sequence }) => sequence),
    ),
    gauge(
      'shoal_host_proved',
      '1 when the host proved its release.',
      perHost(({ proved }) => Number(proved)),
    ),
    gauge(
      'shoal_host_failed',
      '1 when the host reports an error.',
      perHost(({ error }) => Number(error !== null)),
    ),
    gauge(
      'shoal_host_age_seconds',
      "Age of the host's report.",
      perHost(({ ageSeconds }) => ageSeconds),
    ),
    gauge(
      'shoal_host_received_bytes',
      'Bytes received for the release.',
      perHost(({ received }) => received.wireBytes),
    ),
    transferMetrics(channels),
    linkMetrics(self.links),
  ].join('')
}
