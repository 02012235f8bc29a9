import * as fs from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { checkClock } from '../../../node-agent/doctor/clock.ts'
import { checkHome } from '../../../node-agent/doctor/home.ts'
import { checkKernel, checkProcesses, checkRights } from '../../../node-agent/doctor/host.ts'
import { checkNetwork } from '../../../node-agent/doctor/network.ts'
import { checkTrust } from '../../../node-agent/doctor/trust.ts'
import type { Finding, Known } from '../../../node-agent/doctor/index.ts'
import { aStatus } from '../../support/fake-handlers.ts'
import { tempDir } from '../../support/temp-dir.ts'
import type { ReachView } from '../../../protocol/status/index.ts'

const NOW = Date.parse('2027-03-01T12:00:00Z')
const DAY = 24 * 3_600_000
const iso = (ms: number): string => new Date(ms).toISOString()
const levels = (findings: readonly Finding[]): string => findings.map(({ level }) => level).join(' ')

const host = (name: string, reportedAt: string | null) => ({
  host: name,
  site: 'oslo',
  labels: {},
  peerId: name,
  reportedAt,
  channels: [],
})
const known = (more: Partial<Known> = {}): Known => ({
  live: false,
  status: aStatus(),
  targets: [],
  hosts: [],
  heads: [],
  ...more,
})

test('DOCTOR-2 years that cannot be fail, and a clock behind the newest record warns', () => {
  expect(levels(checkClock(0, undefined))).toBe('fail')
  expect(levels(checkClock(Date.parse('2200-01-01'), undefined))).toBe('fail')
  expect(levels(checkClock(NOW, undefined))).toBe('ok')
  const at = (ms: number) => known({ hosts: [host('a', null), host('b', iso(ms))] })
  expect(levels(checkClock(NOW, at(NOW + 60_000)))).toBe('ok')
  expect(checkClock(NOW, at(NOW + 10 * 60_000))).toMatchObject([
    { level: 'warn', found: expect.stringContaining('10 minutes before the status of b') },
  ])
  const heads = [{ channel: 'web', publishedAt: iso(NOW + DAY), expires: iso(NOW + 9 * DAY) }]
  expect(checkClock(NOW, known({ heads }))).toMatchObject([{ found: expect.stringContaining('a release of web') }])
})

test('DOCTOR-3 the mode of the home, and a file system that forgets or is shared', async () => {
  const home = await tempDir()
  const disk = [{ point: '/', type: 'ext4', readOnly: false }]
  const private_ = () => false
  const first = (findings: readonly Finding[]) => findings.slice(0, -1)
  fs.chmodSync(home, 0o700)
  expect(levels(first(checkHome(home, disk, private_)))).toBe('ok')
  fs.chmodSync(home, 0o750)
  expect(checkHome(home, disk, private_)[0]).toMatchObject({ level: 'warn', advice: `chmod go-rwx ${home}` })
  fs.chmodSync(home, 0o700)
  const memory = [{ point: '/', type: 'tmpfs', readOnly: false }]
  expect(levels(first(checkHome(home, memory, () => true)))).toBe('ok warn warn')
})

test('DOCTOR-4 a missing call is named; this kernel has all', () => {
  expect(levels(checkKernel())).toBe('ok')
  expect(checkKernel(['openat2', 'syncfs'])).toMatchObject([
    { level: 'fail', found: expect.stringContaining('openat2, syncfs') },
  ])
})

test('DOCTOR-5 rights that lack are named', () => {
  expect(levels(checkRights('CapEff:\t000001ffffffffff\n'))).toBe('ok')
  expect(checkRights('CapEff:\t0000000000000001\n')).toMatchObject([
    { level: 'warn', found: expect.not.stringContaining('CAP_CHOWN') },
  ])
  expect(checkRights('CapEff:\t0000000000000000\n')).toMatchObject([
    {
      level: 'warn',
      found: expect.stringContaining('CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER, CAP_FSETID, CAP_SETFCAP'),
    },
  ])
})

test('DOCTOR-6 a /proc that hides the processes of others warns', async () => {
  const proc = await tempDir()
  const add = (pid: string): void => {
    fs.mkdirSync(join(proc, pid))
    fs.writeFileSync(join(proc, pid, 'stat'), '')
    fs.symlinkSync('/', join(proc, pid, 'cwd'))
  }
  add('70')
  expect(levels(checkProcesses(proc))).toBe('warn')
  add('1')
  expect(levels(checkProcesses(proc))).toBe('ok')
})

test('DOCTOR-9 ports of config.toml are tried while no agent runs', async () => {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const listen = [
    `/ip4/127.0.0.1/tcp/${port}`,
    '/ip4/127.0.0.1/tcp/0',
    '/dns4/example.org/tcp/1',
    '/ip4/192.0.2.1/tcp/0',
  ]
  const findings = await checkNetwork(listen, undefined)
  expect(levels(findings)).toBe('fail ok ok fail ok')
  expect(findings.map(({ about }) => about)).toEqual([...listen, null])
  expect(findings[0]).toMatchObject({ found: 'another program listens there' })
  expect(findings[4]).toMatchObject({ found: expect.stringContaining('not known') })
  expect(levels(await checkNetwork([], undefined))).toBe('ok ok')
})

test('DOCTOR-10 the addresses and peers of a running agent, and what is not known of NAT', async () => {
  const OPEN = { behindNat: false, relays: [], relayedBytes: 0, unreached: 0, nextDialAt: null }
  const live = (addresses: readonly string[], peers: number, reach: ReachView = OPEN) => {
    const status = aStatus()
    const hosts = [host('a', null), host('b', null)]
    return checkNetwork(
      [],
      known({ live: true, hosts, status: { ...status, self: { ...status.self, addresses, peers, reach } } }),
    )
  }
  expect(levels(await live(['/ip4/127.0.0.1/tcp/1'], 0))).toBe('warn warn ok')
  const inside = await live(['/ip4/127.0.0.1/tcp/1', '/ip4/172.31.0.1/tcp/1', '/ip6/fd00::1/tcp/1'], 1)
  expect(levels(inside)).toBe('ok ok ok')
  expect(inside[2]?.found).toContain('only private addresses')
  expect((await live(['/ip4/172.32.0.1/tcp/1'], 1))[2]?.found).toContain('/ip4/172.32.0.1/tcp/1 is not private')
  const relayed = await live(['/ip4/10.0.0.1/tcp/1'], 1, { ...OPEN, behindNat: true, relays: ['12D3KooWRelay'] })
  expect(relayed[2]).toMatchObject({ level: 'ok', found: expect.stringContaining('1 member relays for it') })
  const alone = await live(['/ip4/10.0.0.1/tcp/1'], 1, { ...OPEN, behindNat: true })
  expect(alone[2]).toMatchObject({ level: 'warn', found: expect.stringContaining('no member relays') })
})

test('DOCTOR-11 what expires, and membership', () => {
  expect(levels(checkTrust(NOW, undefined))).toBe('warn')
  const status = aStatus()
  const of = (leftMs: number, expires: number, self: string | null) =>
    checkTrust(
      NOW,
      known({
        status: {
          ...status,
          mesh: { ...status.mesh, expires: iso(NOW + leftMs) },
          self: { ...status.self, host: self },
        },
        heads: [{ channel: 'web', publishedAt: iso(NOW - DAY), expires: iso(NOW + expires) }],
      }),
    )
  expect(levels(of(15 * DAY, 15 * DAY, 'a'))).toBe('ok ok ok')
  expect(levels(of(13 * DAY, 0, null))).toBe('warn warn fail')
  expect(of(0, 2 * 3_600_000 + 1, 'a').slice(1)).toMatchObject([
    { level: 'fail', about: null },
    { level: 'warn', about: 'web', found: expect.stringMatching(/in 2h$/) },
  ])
})
