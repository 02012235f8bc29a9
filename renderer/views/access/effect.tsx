import type { ReactElement } from 'react'
import type { AccessEffect } from '../../../protocol/control/window.ts'
import { countOf } from '../../state/format.ts'
import { roleName } from '../../state/access.ts'
import { namesText, showText } from '../../state/text.ts'

/** What a step would do, computed before it is done: the worst first. */
export function Effect({ effect }: { readonly effect: AccessEffect }): ReactElement {
  const lines: ReactElement[] = []
  if (effect.leaving.length > 0)
    lines.push(
      <li key="leaving">
        <strong>{countOf(effect.leaving.length, 'machine')}</strong> would be{' '}
        {effect.leaving.length === 1 ? 'no member' : 'no members'} any more:{' '}
        {namesText(effect.leaving.map((one) => `${one.host}${one.connected ? ' (connected)' : ''}`))}
        {effect.leaving.some((one) => one.channels.length > 0) &&
          `; ${effect.leaving.length === 1 ? 'it keeps what it has, and gets' : 'they keep what they have, and get'} no release of ${[...new Set(effect.leaving.flatMap((one) => one.channels))].join(', ')}`}
      </li>,
    )
  if (effect.joining.length > 0)
    lines.push(<li key="joining">{namesText(effect.joining.map((one) => one.host))} would become a member</li>)
  if (effect.invites.length > 0)
    lines.push(<li key="invites">Open invitations of {namesText(effect.invites)} could no longer be used</li>)
  if (effect.connections > 0)
    lines.push(<li key="connections">{countOf(effect.connections, 'connection')} of this node would be dropped</li>)
  for (const role of effect.roles)
    lines.push(
      <li key={`role ${role.role} ${role.channels}`}>
        {roleName(role)}: {role.threshold} of {countOf(role.keys, 'key')} must sign
        {role.threshold !== role.thresholdBefore && `, before it was ${role.thresholdBefore}`}
        {role.keys < role.threshold && <strong className="bad"> — nobody could sign for it any more</strong>}
      </li>,
    )
  for (const channel of effect.channels)
    lines.push(
      <li key={`channel ${channel.channel}`}>
        {channel.channel}@{channel.sequence}:{' '}
        {channel.headStays ? 'stays the head' : 'is no head any more: hosts go back to an older release, or to none'}
        {!channel.canPublish && <strong className="bad"> — nobody could publish to it any more</strong>}
      </li>,
    )
  return (
    <div className="effect" role="group" aria-label="What this would do">
      {effect.warnings.map((warning) => (
        <p key={warning} className="bad strong">
          {showText(warning, { max: 400 })}
        </p>
      ))}
      {lines.length === 0 && effect.warnings.length === 0 ? (
        <p className="quiet">It changes nothing for any host that is known here.</p>
      ) : (
        <ul>{lines}</ul>
      )}
    </div>
  )
}
