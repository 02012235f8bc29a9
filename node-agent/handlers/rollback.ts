import { parseChannelName, ShoalError, signRecord, toManifestText } from '../../protocol/index.ts'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import { parseWaves } from '../../protocol/rollout/index.ts'
import { deltasTo } from './deltas.ts'
import { planRollout } from './plan-rollout.ts'
import { publisherKeys } from './publisher-key.ts'
import { announceAll, lastSequence, proposalRow, sign } from './signing.ts'
import type { HandlerDeps } from './types.ts'

/** Publishing an older release again: a head like any other, so that every host goes back as it goes forward. */
export function rollbackHandlers({ core, live, chunks }: HandlerDeps): Pick<ControlHandlers, 'rollback'> {
  return {
    rollback: async ({ channel: name, to, message, lifetimeMs, waves: asked }, signal) => {
      const channel = parseChannelName(name)
      const { book, identity } = core.mesh
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
      const { manifest } = older.body
      const kept = (await core.published()).includes(manifest) && (await core.manifests.bytes(manifest)) !== undefined
      if (!kept) {
        throw new ShoalError(
          'NO_SUCH_RELEASE',
          `the content of release ${to} of channel ${channel} is not kept in this home; nothing was published`,
        )
      }
      const now = core.init.clock.now()
      const deltas = await deltasTo({ core, chunks }, { channel, to: manifest, signal, onProgress: () => undefined })
      const body = { ...older.body, message, publishedAtMs: now, expiresMs: now + lifetimeMs, deltas, rollout }
      const init = { mesh: identity.mesh, kind: 'head', key: channel, version: sequence, body } as const
      const head = await signRecord(init, publishers)
      const { done, records } = await sign(core, head, publishers)
      await chunks.addWhole(head.body.manifest)
      await live.publishing(channel)
      await announceAll({ live }, records)
      return {
        channel,
        sequence: head.version,
        manifest: toManifestText(head.body.manifest),
        rollbackOf: to,
        waves,
        warnings,
        entries: body.entries,
        bytes: body.treeBytes,
        proposal: done ? null : await proposalRow({ core, live }, head.id),
      }
    },
  }
}
