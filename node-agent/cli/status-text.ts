import type { ChannelView, HostView, ReachView, StaleProcessView, StatusDocument } from '../../protocol/status/index.ts'
import { formatDuration, formatSize } from '../config/index.ts'
import { openWords, rolloutLines } from './rollout-text.ts'
import { plural, printable, table } from './text.ts'
import { peerTable, receivedLine, transferLine } from './transfer-text.ts'

export interface StatusTextOptions {
  /** Shows connected members, and how releases came to their hosts. */
  readonly peers?: boolean
}

/** The status document for people. */
export function statusLines({ mesh, self, channels }: StatusDocument, options: StatusTextOptions = {}): string {
  const me = self.host === null ? 'no host of the mesh' : `${printable(self.host)} at ${printable(self.site ?? '?')}`
  const lines = [
    `mesh  ${printable(mesh.name)}  ${printable(mesh.id)}  root version ${mesh.rootVersion}, expires ${printable(mesh.expires)}`,
    `self  ${me}  ${printable(self.peerId)}  ${plural(self.peers, 'peer')}  ${formatSize(self.rssBytes)} of memory  ${formatSize(self.storeBytes)} in the store`,
    ...self.addresses.map((address) => `      ${printable(address)}`),
    ...reachLines(self.reach),
  ]
  const full = options.peers === true
  const shown =
    channels.length === 0
      ? '\nno channels are known here\n'
      : channels.map((channel) => channelLines(channel, full)).join('')
  const peers = full && self.connected.length > 0 ? `\n${peerTable(self.connected)}` : ''
  return `${lines.map((line) => `${line}\n`).join('')}${peers}${shown}`
}

function channelLines(channel: ChannelView, full: boolean): string {
  const title =
    channel.manifest === null
      ? `${printable(channel.name)}  no release is known here`
      : `${printable(channel.name)}@${channel.sequence}  ${printable(channel.manifest.slice(0, 19))}  published ${printable(channel.publishedAt ?? '?')}${channel.fresh ? '' : '  EXPIRED'}`
  const share = `  ${channel.converged} of ${plural(channel.hosts, 'host')} proved it${channel.rollout === null ? '' : openWords(channel.rollout)}\n`
  const rollout = channel.rollout === null ? '' : rolloutLines(channel.rollout)
  return `\n${title}\n${share}${rollout}${channel.states.length === 0 ? '' : hostTable(channel.states)}${channel.states.map((host) => hostNotes(host, full)).join('')}`
}

const hostTable = (states: readonly HostView[]): string =>
  table(
    [
      { title: '  HOST' },
      { title: 'SITE' },
      { title: 'RELEASE', right: true },
      { title: 'STATE' },
      { title: 'DONE', right: true },
      { title: 'HEARD', right: true },
      { title: 'RECEIVED', right: true },
      { title: 'WINDOW', right: true },
      { title: 'RETAINED', right: true },
      { title: 'ERROR' },
    ],
    states.map((host) => [
      `  ${printable(host.host)}`,
      printable(host.site),
      String(host.sequence),
      `${host.state}${host.proved ? ', proved' : ''}`,
      `${Math.floor(host.progress * 100)} %`,
      `${formatDuration(host.ageSeconds * 1000)} ago`,
      formatSize(host.received.wireBytes),
      host.commit === null ? '-' : formatDuration(host.commit.windowMs),
      formatSize(host.retained.bytes),
      host.error === null ? '' : `${printable(host.error.code)}: ${printable(host.error.message)}`,
    ]),
  )

/** What the table has no room for, a line each: what is being fetched, group windows, weaker guarantees, retained bytes that are held, processes. */
function hostNotes(view: HostView, full: boolean): string {
  const { host, commit, retained, staleProcesses, atRisk } = view
  const [moving, came] = [transferLine(view), full ? receivedLine(view) : undefined]
  const notes = [
    ...(moving === undefined ? [] : [moving]),
    ...(came === undefined ? [] : [came]),
    ...(commit?.groups ?? []).map(
      ({ name, operations, windowMs }) =>
        `group ${printable(name)}: ${plural(operations, 'operation')} within ${formatDuration(windowMs)}`,
    ),
    ...(commit?.weaker ?? []).map((words) => `weaker: ${printable(words)}`),
    ...(retained.heldBytes === 0
      ? []
      : [`${formatSize(retained.heldBytes)} of what is retained are still held by processes`]),
    ...staleProcesses.map((process) => `runs on an older release: ${processLine(process)}`),
    ...atRisk.map((process) => `will run on an older release: ${processLine(process)}`),
  ]
  return notes.map((note) => `  ${printable(host)}  ${note}\n`).join('')
}

const WHY = {
  executable: 'its program is replaced',
  mapped: 'a library or file that it maps is replaced',
  open: 'a file that it has open is replaced',
  directory: 'its working directory is replaced',
  watched: 'it started before a change of what it reads once',
} as const satisfies Record<StaleProcessView['why'], string>

const SHOWN_PATHS = 3

/** One process: pid, unit, command, and why in words with the first paths. */
export function processLine({ pid, why, startedAt, unit, command, paths }: StaleProcessView): string {
  const more = paths.length > SHOWN_PATHS ? ` and ${paths.length - SHOWN_PATHS} more` : ''
  const where = paths.length === 0 ? '' : ` (${paths.slice(0, SHOWN_PATHS).map(printable).join(', ')}${more})`
  const words = [`pid ${pid}`, unit, command].filter((word) => word !== '').map(printable)
  return `${words.join('  ')}  since ${printable(startedAt)}: ${WHY[why]}${where}`
}

function reachLines({ behindNat, relays, relayedBytes, unreached, nextDialAt }: ReachView): readonly string[] {
  const places = relays.length === 0 ? 'no member relays for it' : `reached through ${relays.map(printable).join(', ')}`
  return [
    ...(nextDialAt === null ? [] : [`      ${unreached} not reached; the next dial at ${printable(nextDialAt)}`]),
    ...(behindNat ? [`      behind a NAT; ${places}`] : []),
    ...(relayedBytes > 0 ? [`      relayed ${formatSize(relayedBytes)} for others`] : []),
  ]
}
