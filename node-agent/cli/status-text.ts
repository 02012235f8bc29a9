import type { ChannelView, HostView, StatusDocument } from '../../protocol/status/index.ts'
import { formatDuration, formatSize } from '../config/index.ts'
import { plural, printable, table } from './text.ts'

/** The status document for people. */
export function statusLines({ mesh, self, channels }: StatusDocument): string {
  const me = self.host === null ? 'no host of the mesh' : `${printable(self.host)} at ${printable(self.site ?? '?')}`
  const lines = [
    `mesh  ${printable(mesh.name)}  ${printable(mesh.id)}  root version ${mesh.rootVersion}, expires ${printable(mesh.expires)}`,
    `self  ${me}  ${printable(self.peerId)}  ${plural(self.peers, 'peer')}  ${formatSize(self.rssBytes)}`,
    ...self.addresses.map((address) => `      ${printable(address)}`),
  ]
  const shown = channels.length === 0 ? '\nno channels are known here\n' : channels.map(channelLines).join('')
  return `${lines.map((line) => `${line}\n`).join('')}${shown}`
}

function channelLines(channel: ChannelView): string {
  const title =
    channel.manifest === null
      ? `${printable(channel.name)}  no release is known here`
      : `${printable(channel.name)}@${channel.sequence}  ${printable(channel.manifest.slice(0, 19))}  published ${printable(channel.publishedAt ?? '?')}${channel.fresh ? '' : '  EXPIRED'}`
  const share = `  ${channel.converged} of ${plural(channel.hosts, 'host')} proved it\n`
  return `\n${title}\n${share}${channel.states.length === 0 ? '' : hostTable(channel.states)}`
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
      host.error === null ? '' : `${printable(host.error.code)}: ${printable(host.error.message)}`,
    ]),
  )
