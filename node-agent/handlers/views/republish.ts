import { parseChannelName, ShoalError, signRecord, toManifestText } from '../../../protocol/index.ts'
import type { ControlHandlers } from '../../../protocol/control/index.ts'
import { deltasTo } from '../deltas.ts'
import { publisherKeys } from '../publisher-key.ts'
import { findHead } from '../releases.ts'
import { announceAll, lastSequence, proposalRow, sign } from '../signing.ts'
import type { HandlerDeps } from '../types.ts'

/** A release of one channel as a new head of another, to every host at once: what was proved on a few goes to all without an upload. */
export function republishHandlers({ core, live, chunks }: HandlerDeps): Pick<ControlHandlers, 'republish'> {
  return {
    republish: async ({ from, channel: name, message, lifetimeMs }, signal) => {
      const channel = parseChannelName(name)
      const { book, identity } = core.mesh
      const publishers = await publisherKeys(core, channel)
      const source = await findHead(core, from.channel, from.release)
      const { manifest } = source.body
      const said = `${from.channel}@${from.release}`
      if (book.head(channel)?.body.manifest === manifest) {
        const what = `the current release of ${channel} has exactly the content of ${said}`
        throw new ShoalError('ROLLBACK_NEEDLESS', `${what}; nothing was published`)
      }
      const kept = (await core.published()).includes(manifest) && (await core.manifests.bytes(manifest)) !== undefined
      if (!kept) {
        throw new ShoalError(
          'NO_SUCH_RELEASE',
          `the content of ${said} is not kept in this home; nothing was published`,
        )
      }
      const now = core.init.clock.now()
      const deltas = await deltasTo({ core, chunks }, { channel, to: manifest, signal, onProgress: () => undefined })
      const times = { publishedAtMs: now, expiresMs: now + lifetimeMs }
      const body = { ...source.body, ...times, message, deltas, rollout: undefined }
      const version = lastSequence(core, channel) + 1
      const head = await signRecord({ mesh: identity.mesh, kind: 'head', key: channel, version, body }, publishers)
      const { done, records } = await sign(core, head, publishers)
      await chunks.addWhole(manifest)
      await live.publishing(channel)
      await announceAll({ live }, records)
      return {
        channel,
        release: version,
        manifest: toManifestText(manifest),
        from,
        entries: body.entries,
        bytes: body.treeBytes,
        proposal: done ? null : await proposalRow({ core, live }, head.id),
      }
    },
  }
}
