import { CONTROL_LIMITS, type ControlHandlers, type ReleaseRef } from '../../../protocol/control/index.ts'
import { type Manifest, ShoalError } from '../../../protocol/index.ts'
import type { Core } from '../../core.ts'
import { compareManifests } from '../../publish/compare.ts'
import { findHead, loadManifest } from '../releases.ts'
import type { HandlerDeps } from '../types.ts'

/** Any two releases whose manifests are in this home, path by path. */
export function compareHandlers({ core }: HandlerDeps): Pick<ControlHandlers, 'compare'> {
  return {
    compare: async function* ({ from, to }, signal) {
      const [before, after] = [await manifestOf(core, from), await manifestOf(core, to)]
      const { rows, counts } = compareManifests(before, after)
      for (let at = 0; at < rows.length; at += CONTROL_LIMITS.rowsPerPage) {
        if (signal.aborted) throw new ShoalError('CANCELLED', 'cancelled')
        yield rows.slice(at, at + CONTROL_LIMITS.rowsPerPage)
      }
      return { from, to, ...counts }
    },
  }
}

const manifestOf = async (core: Core, { channel, release }: ReleaseRef): Promise<Manifest> =>
  loadManifest(core, await findHead(core, channel, release))
