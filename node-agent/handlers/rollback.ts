import { parseChannelName, ShoalError } from '../../protocol/index.ts'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import { parseWaves } from '../../protocol/rollout/index.ts'
import { planRollout } from './plan-rollout.ts'
import { publishAgain } from './publish-again.ts'
import { publisherKeys } from './publisher-key.ts'
import { lastSequence } from './signing.ts'
import type { HandlerDeps } from './types.ts'

/** Publishing an older release again: a head like any other, so that every host goes back as it goes forward. */
export function rollbackHandlers(deps: HandlerDeps): Pick<ControlHandlers, 'rollback'> {
  const { core } = deps
  return {
    rollback: async ({ channel: name, to, message, lifetimeMs, waves: asked }, signal) => {
      const channel = parseChannelName(name)
      const { book } = core.mesh
      const publishers = await publisherKeys(core, channel)
      const sequence = lastSequence(core, channel) + 1
      const { rollout, waves, warnings } = planRollout(core, channel, sequence, parseWaves(asked))
      const current = book.head(channel)
      const older = (await book.heads(channel)).find((head) => head.version === to)
      if (current === undefined || older === undefined) {
        throw new ShoalError(
          'NO_SUCH_RELEASE',
          `no release ${to} of channel ${channel} is known here; nothing was published`,
        )
      }
      if (older.body.manifest === current.body.manifest) {
        const what =
          to === current.version
            ? `release ${to} is the current release of ${channel} already`
            : `release ${current.version}, the current one of ${channel}, has exactly the content of release ${to}`
        throw new ShoalError('ROLLBACK_NEEDLESS', `${what}; nothing was published`)
      }
      const said = `release ${to} of channel ${channel}`
      const again = { channel, sequence, publishers, body: older.body, said, rollout, message, lifetimeMs, signal }
      const made = await publishAgain(deps, again)
      return { channel, sequence, rollbackOf: to, waves, warnings, ...made }
    },
  }
}
