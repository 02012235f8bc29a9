import { describe, expect, test } from 'vitest'
import { metricsText } from '../../../node-agent/cli/metrics.ts'
import type { HostView, PeerView, StatusDocument } from '../../../protocol/status/index.ts'
import { aHost, aStatus } from '../../support/fake-handlers.ts'
import { cli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'

const moving = (over: Partial<HostView> = {}): HostView =>
  aHost('oslo-1', {
    state: 'fetching',
    progress: 0.418,
    transfer: { leftBytes: 12_897_485, bytesPerSecond: 59_392, etaSeconds: 218 },
    received: { wireBytes: 3_072, sameSiteBytes: 1_024, otherSiteBytes: 2_048, wastedBytes: 512, reusedBytes: 0 },
    receivedBy: {
      links: { sameSite: 1_024, otherSite: 0, relayed: 2_048, metered: 0 },
      sources: { sameSite: 1_024, otherSites: 0, publisher: 2_048 },
      wasted: { duplicate: 512, bad: 0, cancelled: 0 },
    },
    ...over,
  })

const PEER: PeerView = {
  peerId: '12D3KooWfar',
  host: 'lima\u001b[31m',
  site: 'lima',
  link: 'relayed',
  relayed: true,
  address: '/ip4/10.0.0.1/tcp/1',
  direction: 'outbound',
  connectedAt: '2026-01-01T00:00:00.000Z',
  roundTripMs: 612.4,
  receivedBytes: 2_048,
  sentBytes: 100,
  receiveBytesPerSecond: 1_024,
  sendBytesPerSecond: 0,
}

function busy(states: readonly HostView[]): StatusDocument {
  const status = aStatus(states)
  const idle = { peers: 0, receiveBytesPerSecond: 0, sendBytesPerSecond: 0, limitBytesPerSecond: null }
  const none = { usedBytes: 0, limitBytes: null, leftBytes: null }
  const links = {
    classes: [
      { ...idle, link: 'sameSite', today: none },
      {
        link: 'relayed',
        peers: 1,
        receiveBytesPerSecond: 1_024,
        sendBytesPerSecond: 2,
        limitBytesPerSecond: 4_096,
        today: { usedBytes: 30, limitBytes: 100, leftBytes: 70 },
      },
    ],
    traffic: {
      received: [{ channel: 'web', link: 'relayed', source: 'publisher', bytes: 2_048 }],
      wasted: [{ channel: 'web', kind: 'duplicate', bytes: 512 }],
      served: [{ link: 'relayed', bytes: 9 }],
    },
    releases: [
      { channel: 'web', sequence: 2, link: 'relayed', usedBytes: 5, limitBytes: 50, leftBytes: 45, consented: false },
    ],
  } as const
  return { ...status, self: { ...status.self, connected: [PEER], links } }
}

async function text(document: StatusDocument, ...flags: readonly string[]) {
  const handlers = { status: async () => document }
  return (await cli({ argv: ['status', ...flags], home: await tempDir(), handlers })).stdout.split('\n')
}

describe('a transfer, for people', () => {
  test.each([
    ['with rate and time left', {}, 'fetching 41 %, 12.3 MiB left at 58.0 KiB/s, about 3m 38s'],
    [
      'without recent progress',
      { transfer: { leftBytes: 2_048, bytesPerSecond: null, etaSeconds: null } },
      'fetching 41 %, 2.00 KiB left, nothing came lately',
    ],
    [
      'that is held',
      { state: 'held', transfer: { leftBytes: 2_048, bytesPerSecond: null, etaSeconds: null } },
      'held 41 %, 2.00 KiB left',
    ],
  ] as const)('CLI-32 %s', async (_, over, line) => {
    const lines = await text(busy([moving(over), aHost('oslo-2')]))
    expect(lines.filter((shown) => /^ {2}oslo-\d {2}(?!oslo)/.test(shown))).toEqual([`  oslo-1  ${line}`])
  })

  test('CLI-33 --peers shows the connected members and how releases came; JSON always has both', async () => {
    const document = busy([moving()])
    const lines = await text(document, '--peers')
    const at = lines.findIndex((line) => line.startsWith('  PEER'))
    expect(lines[at + 1]).toMatch(
      /^ {2}lima\\u\{1b\}\[31m {2}lima {2}relayed {2}relayed +612ms +1\.00 KiB\/s +0 B\/s +2\.00 KiB +100 B {2}2026-01-01T00:00:00\.000Z$/,
    )
    expect(lines).toContain(
      '  oslo-1  received 3.00 KiB: 1.00 KiB over links within the site, 2.00 KiB over relayed links; 1.00 KiB from members of its site, 2.00 KiB from the publisher; wasted 512 B duplicate',
    )
    expect((await text(document)).join('\n')).not.toContain('PEER')
    expect(JSON.parse((await text(document, '--json')).join(''))).toEqual(document)
  })
})

test('CLI-31 metrics: what was received and served as counters; links, budgets and transfers under way as gauges', () => {
  const lines = metricsText(busy([moving(), aHost('oslo-2')])).split('\n')
  const host = 'channel="web",host="oslo-1",site="oslo"'
  for (const line of [
    '# TYPE shoal_received_bytes_total counter',
    'shoal_received_bytes_total{channel="web",link="relayed",source="publisher"} 2048',
    'shoal_wasted_bytes_total{channel="web",kind="duplicate"} 512',
    'shoal_served_bytes_total{link="relayed"} 9',
    'shoal_link_peers{link="relayed"} 1',
    'shoal_link_receive_bytes_per_second{link="relayed"} 1024',
    'shoal_link_send_bytes_per_second{link="sameSite"} 0',
    'shoal_link_limit_bytes_per_second{link="relayed"} 4096',
    'shoal_budget_day_used_bytes{link="sameSite"} 0',
    'shoal_budget_day_limit_bytes{link="relayed"} 100',
    'shoal_budget_day_left_bytes{link="relayed"} 70',
    'shoal_budget_release_left_bytes{channel="web",link="relayed"} 45',
    `shoal_host_received_link_bytes{${host},link="relayed"} 2048`,
    `shoal_host_received_source_bytes{${host},source="publisher"} 2048`,
    `shoal_host_wasted_bytes{${host},kind="duplicate"} 512`,
    `shoal_host_left_bytes{${host}} 12897485`,
    `shoal_host_transfer_bytes_per_second{${host}} 59392`,
  ]) {
    expect(lines).toContain(line)
  }
  const series = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => line.replace(/ \S+$/, ''))
  expect(new Set(series).size).toBe(series.length)
  expect(series.some((name) => name.includes('shoal_budget_day_left_bytes{link="sameSite"}'))).toBe(false)
  expect(series.some((name) => name.includes('left_bytes{channel="web",host="oslo-2"'))).toBe(false)
  expect(metricsText(aStatus([]))).not.toContain('shoal_link')
})
