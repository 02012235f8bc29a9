import { parseChannelName, ShoalError } from '../../../protocol/index.ts'
import type { ControlHandlers } from '../../../protocol/control/index.ts'
import { publishAgain } from '../publish-again.ts'
import { publisherKeys } from '../publisher-key.ts'
import { findHead } from '../releases.ts'
import { lastSequence } from '../signing.ts'
import type { HandlerDeps } from '../types.ts'

/** A release of one channel as a new head of another, to every host at once: what was proved on a few goes to all without an upload. */
export function republishHandlers(deps: HandlerDeps): Pick<ControlHandlers, 'republish'> {
  const { core } = deps
  return {
    republish: async ({ from, channel: name, message, lifetimeMs }, signal) => {
      const channel = parseChannelName(name)
      const publishers = await publisherKeys(core, channel)
      const { body } = await findHead(core, from.channel, from.release)
      const said = `${from.channel}@${from.release}`
      if (core.mesh.book.head(channel)?.body.manifest === body.manifest) {
        const what = `the current release of ${channel} has exactly the content of ${said}`
        throw new ShoalError('ROLLBACK_NEEDLESS', `${what}; nothing was published`)
      }
      const sequence = lastSequence(core, channel) + 1
      const again = { channel, sequence, publishers, body, said, rollout: undefined, message, lifetimeMs, signal }
      return { channel, release: sequence, from, ...(await publishAgain(deps, again)) }
    },
  }
}
