import type { AccessDocument, AccessEffect, ProposalRow, RootStepResult } from '../../protocol/control/index.ts'
import { waitingLines } from './proposal-text.ts'
import { plural, printable, table } from './text.ts'

/** Digits of a key that people tell keys apart by; commands take them all. */
const SHORT = 16

/** The effect of a step for people: warnings first, then what changes. */
export function effectLines(effect: AccessEffect): string {
  const roleName = (role: string, channels: string | null): string =>
    channels === null ? role : `publishers of ${printable(channels)}`
  const lines = [
    ...effect.warnings.map((warning) => `warning: ${printable(warning)}`),
    ...effect.leaving.map(
      ({ host, site, peerId, connected, channels }) =>
        `leaves: ${printable(host)} at ${printable(site)}  ${printable(peerId)}${connected ? '  connected' : ''}${channels.length === 0 ? '' : `  ${channels.map(printable).join(' ')}`}`,
    ),
    ...effect.joining.map(({ host, peerId }) => `joins: ${printable(host)}  ${printable(peerId)}`),
    ...effect.roles.map(
      ({ role, channels, added, removed, threshold, keys }) =>
        `${roleName(role, channels)}: ${threshold} of ${plural(keys, 'key')}${added.length === 0 ? '' : `, new ${added.map(short).join(' ')}`}${removed.length === 0 ? '' : `, without ${removed.map(short).join(' ')}`}`,
    ),
    ...effect.channels.map(
      ({ channel, sequence, headStays, canPublish }) =>
        `${printable(channel)}: release ${sequence} ${headStays ? 'stays' : 'is withdrawn'}${canPublish ? '' : ', nobody can publish'}`,
    ),
    ...(effect.connections === 0 ? [] : [`${plural(effect.connections, 'connection')} of this node would be dropped`]),
  ]
  return lines.map((line) => `${line}\n`).join('')
}

const short = (key: string): string => printable(key.slice(0, SHORT))

/** What became of a root step. */
export function stepLines({ rootVersion, done, proposal, effect, made }: RootStepResult): string {
  const head = done
    ? `root ${rootVersion} is in force`
    : proposal === null
      ? `root ${rootVersion} would be in force once enough have signed; nothing was changed`
      : `root ${rootVersion} is proposed`
  const key = made === null ? '' : `new key ${printable(made)}\n`
  return `${head}\n${key}${effectLines(effect)}${proposal === null ? '' : waitingLines(proposal)}`
}

/** `shoal keys list`. */
export function accessText({ mesh, me, roles }: AccessDocument): string {
  const rows = roles.flatMap(({ role, channels, threshold, keys }) =>
    keys.map(({ key, holder, mine }) => [
      role,
      channels === null ? '-' : printable(channels),
      `${threshold} of ${keys.length}`,
      holder === null ? '-' : printable(holder),
      mine ? 'here' : '-',
      printable(key),
    ]),
  )
  const columns = ['ROLE', 'CHANNELS', 'SIGN', 'HOLDER', 'PRIVATE', 'KEY'].map((title) => ({ title }))
  const spare = me.keys.filter(({ state }) => state === 'waiting')
  return [
    `root ${mesh.rootVersion}, valid until ${mesh.expires}; keys of this home: ${lockText(me.lock)}\n`,
    table(columns, rows),
    ...spare.map(({ role, key }) => `in no role yet: ${role} ${printable(key)}\n`),
    ...(mesh.revokedKeys.length === 0 ? [] : [`revoked: ${mesh.revokedKeys.map(short).join(' ')}\n`]),
  ].join('')
}

const lockText = ({ state, locksAt }: AccessDocument['me']['lock']): string =>
  state === 'open' ? 'not encrypted' : state === 'locked' ? 'locked' : `unlocked until ${locksAt ?? '?'}`

/** What waits for signatures, a block each. */
export const proposalsText = (rows: readonly ProposalRow[]): string =>
  rows.length === 0 ? 'nothing waits for signatures\n' : rows.map(proposalText).join('\n')

export const proposalText = (row: ProposalRow): string =>
  [
    `${row.id.slice(0, SHORT)}  ${row.kind === 'root' ? `root ${row.version}` : `release ${row.version} of ${printable(row.channel ?? '')}`}  proposed ${row.proposedAt}\n`,
    ...row.summary.map((line) => `  ${printable(line)}\n`),
    waitingLines(row),
  ].join('')
