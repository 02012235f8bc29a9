import { createServer } from 'node:net'
import type { ReachView } from '../../protocol/status/index.ts'
import { findingsOf } from './finding.ts'
import type { Finding, Known } from './types.ts'

const TCP = /^\/ip([46])\/([^/]+)\/tcp\/(\d+)/
const LOOPBACK = /^\/(?:ip4\/127\.|ip6\/::1\/)/
/** Addresses that no other network can dial: private, link-local, shared by carriers (RFC 1918, 3927, 4193, 6598). */
const PRIVATE =
  /^\/(?:ip4\/(?:10\.|127\.|169\.254\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)|ip6\/(?:::1\/|fe[89ab][0-9a-f]:|f[cd][0-9a-f]{2}:))/i

/** Whether members can reach this host, as far as that is known here (DOCTOR-9, DOCTOR-10). @param listen addresses of config.toml */
export async function checkNetwork(listen: readonly string[], known: Known | undefined): Promise<readonly Finding[]> {
  return known?.live === true ? checkLive(known) : [...(await checkPorts(listen)), notRunning()]
}

function checkLive({ status, hosts }: Known): readonly Finding[] {
  const { ok, warn } = findingsOf('network')
  const { addresses, peers, reach } = status?.self ?? { addresses: [], peers: 0, reach: undefined }
  const elsewhere = addresses.filter((address) => !LOOPBACK.test(address))
  const outside = elsewhere.filter((address) => !PRIVATE.test(address))
  return [
    elsewhere.length > 0
      ? ok(`the agent listens on ${elsewhere.join(', ')}`)
      : warn('the agent listens on no address that another machine can dial', 'set listen in config.toml'),
    peers > 0 || hosts.length < 2
      ? ok(`connected to ${peers} member${peers === 1 ? '' : 's'}`)
      : warn('connected to no member', 'name one that is always on in bootstrap in config.toml'),
    reach?.behindNat === true
      ? checkRelays(reach)
      : outside.length > 0
        ? ok(`NAT: ${outside.join(', ')} is not private; whether a firewall lets members in is not known`)
        : ok('NAT: only private addresses; whether members elsewhere can dial this host is not known. It dials them'),
  ]
}

/** Of a host that members of other sites see at an address that is none of its own. */
function checkRelays({ relays }: ReachView): Finding {
  const { ok, warn } = findingsOf('network')
  const places = `${relays.length} member${relays.length === 1 ? ' relays' : 's relay'}`
  return relays.length > 0
    ? ok(`NAT: this host stands behind one; ${places} for it, and direct connections are tried from there`)
    : warn(
        'NAT: this host stands behind one and no member relays for it; it can dial others, and nobody elsewhere can dial it',
        'let a member that can be reached from outside relay (relay in its config.toml), or forward a port',
      )
}

const notRunning = (): Finding => findingsOf('network').ok('NAT: not known, as no agent runs on this home')

async function checkPorts(listen: readonly string[]): Promise<readonly Finding[]> {
  if (listen.length === 0) {
    const found = 'no agent runs; it will take a free port, another one at each start, as config.toml names none'
    return [findingsOf('network').ok(found)]
  }
  return Promise.all(listen.map(checkPort))
}

async function checkPort(address: string): Promise<Finding> {
  const { ok, fail } = findingsOf('network', address)
  const [, version, host, port] = TCP.exec(address) ?? []
  if (host === undefined) return ok('not known whether it can be listened on: it is no address by number')
  const errno = await tryListen(host, Number(port), version === '6')
  if (errno === undefined) return ok('no agent runs; the port is free for it')
  if (errno === 'EADDRINUSE')
    return fail('another program listens there', 'stop it, or choose another port in config.toml')
  return fail(`cannot be listened on: ${errno}`, 'choose an address of this machine and a port from 1024 on')
}

/** Listens for a moment. @returns the errno's name when that is not possible */
function tryListen(host: string, port: number, ipv6Only: boolean): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (err) => resolve('code' in err ? String(err.code) : err.message))
    server.listen({ host, port, ipv6Only, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
