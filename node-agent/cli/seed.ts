import type { PublishResult } from '../../protocol/control/index.ts'
import type { OpenedControl } from '../control/index.ts'
import type { CommandContext } from './context.ts'
import { plural } from './text.ts'

/** Serves a release from this process until `hosts` other hosts have proved it, or until the person has seen enough: both end well. */
export async function seed(
  context: CommandContext,
  control: OpenedControl,
  release: Pick<PublishResult, 'channel' | 'sequence'>,
  hosts: number,
): Promise<void> {
  const name = `${release.channel}@${release.sequence}`
  let proved = 0
  try {
    for await (const status of control.stream('watchStatus', {}, { signal: context.signal })) {
      const states = status.channels.find((channel) => channel.name === release.channel)?.states ?? []
      const others = states.filter(({ peerId }) => peerId !== status.self.peerId)
      proved = others.filter((host) => host.proved && host.sequence >= release.sequence).length
      if (proved >= hosts) break
      const busy = others.filter(({ state }) => state === 'fetching' || state === 'staging' || state === 'committing')
      context.progress.show(
        `seed ${proved} ${busy.length}`,
        `seed  ${name}  ${proved} of ${plural(hosts, 'host')} proved it, ${busy.length} busy, ${plural(status.self.peers, 'peer')}`,
      )
    }
  } catch (err) {
    if (!context.signal.aborted) throw err
  }
  context.note(
    proved >= hosts
      ? `${plural(proved, 'host')} proved ${name}`
      : `stopped seeding ${name}: ${proved} of ${plural(hosts, 'host')} proved it; shoal agent goes on serving it`,
  )
}
