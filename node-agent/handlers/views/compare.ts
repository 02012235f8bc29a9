import {
  type CompareRow,
  CONTROL_LIMITS,
  type ControlHandlers,
  type ReleaseRef,
} from '../../../protocol/control/index.ts'
import { type Manifest, ShoalError } from '../../../protocol/index.ts'
import type { Core } from '../../core.ts'
import { diffSteps } from '../../publish/diff.ts'
import { Pacer } from '../../scan/index.ts'
import { findHead, loadManifest } from '../releases.ts'
import type { HandlerDeps } from '../types.ts'

/** Any two releases whose manifests are in this home, path by path. */
export function compareHandlers({ core }: HandlerDeps): Pick<ControlHandlers, 'compare'> {
  return {
    compare: async function* ({ from, to }, signal) {
      const [before, after] = [await manifestOf(core, from), await manifestOf(core, to)]
      // Where the tree will lie is not known here: links out of it are judged as if it were at the top.
      const difference = await new Pacer(signal).steps(diffSteps(before, after, '/'))
      const { added, changed, removed, renamed, unchanged, newBytes } = difference
      const rows = difference.rows.map(compareRow)
      for (let at = 0; at < rows.length; at += CONTROL_LIMITS.rowsPerPage) {
        if (signal.aborted) throw new ShoalError('CANCELLED', 'cancelled')
        yield rows.slice(at, at + CONTROL_LIMITS.rowsPerPage)
      }
      return { from, to, added, changed, removed, renamed, unchanged, newBytes }
    },
  }
}

/** A row of a difference without what publishing it would cost. */
const compareRow = (row: CompareRow): CompareRow => {
  const { what, path, kind, from, sizeBefore, sizeAfter, detail, risk } = row
  return { what, path, kind, from, sizeBefore, sizeAfter, detail, risk }
}

const manifestOf = async (core: Core, { channel, release }: ReleaseRef): Promise<Manifest> =>
  loadManifest(core, await findHead(core, channel, release))
