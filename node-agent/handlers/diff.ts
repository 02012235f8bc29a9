import { lstat } from 'node:fs/promises'
import { parseChannelName, ShoalError, toByteString } from '../../protocol/index.ts'
import { CONTROL_LIMITS, type ControlHandlers, type DiffRow } from '../../protocol/control/index.ts'
import { type ChangeRow, diffSteps } from '../publish/diff.ts'
import { readFolder } from '../publish/publish.ts'
import { loadStatRecord, Pacer, type ScanProgress, statRecordPath } from '../scan/index.ts'
import type { HandlerDeps } from './types.ts'

/** Between the pictures of progress that a person sees. */
const TELL_MS = 200

/** What publishing a folder would change. Reads only; any member that has the head's manifest can tell. */
export function diffHandlers({ core }: HandlerDeps): Pick<ControlHandlers, 'diff'> {
  return {
    diff: async function* ({ dir, channel: name }, signal) {
      const channel = parseChannelName(name)
      const stat = await lstat(dir).catch(() => undefined)
      if (stat?.isDirectory() !== true) throw new ShoalError('SOURCE_INVALID', `${dir} is no directory`)
      const head = core.mesh.book.head(channel)
      const previous = head === undefined ? undefined : await core.manifests.load(head.body.manifest)
      if (head !== undefined && previous === undefined) {
        const what = `the manifest of ${channel}@${head.version} is not kept in this home`
        throw new ShoalError('NO_SUCH_RELEASE', `${what}, so there is nothing to compare with`)
      }
      let latest: ScanProgress | undefined
      const known = await loadStatRecord(statRecordPath(core.init.home, dir), (id) => core.manifests.load(id))
      const reading = readFolder(dir, {
        signal,
        known,
        clock: core.init.clock,
        onChunk: async () => undefined,
        onProgress: (progress) => void (latest = progress),
      })
      const finished = reading.then(
        () => true,
        () => true,
      )
      for (;;) {
        const pause = new Promise<false>((resolve) => setTimeout(() => resolve(false), TELL_MS))
        if (await Promise.race([finished, pause])) break
        if (latest !== undefined)
          yield { kind: 'progress', files: latest.files, bytes: latest.bytes, totalFiles: latest.totalFiles }
      }
      const next = await reading
      const pacer = new Pacer(signal)
      const difference = await pacer.steps(diffSteps(previous, next, toByteString(Buffer.from(dir))))
      const rows = difference.rows.map(diffRow)
      for (let at = 0; at < rows.length; at += CONTROL_LIMITS.rowsPerPage) {
        if (signal.aborted) throw new ShoalError('CANCELLED', 'cancelled')
        yield { kind: 'rows', rows: rows.slice(at, at + CONTROL_LIMITS.rowsPerPage) }
      }
      const { added, changed, removed, renamed, newBytes, manyRemoved } = difference
      const many = `${removed} of ${previous?.entries.length ?? 0} paths would be removed`
      return {
        channel,
        sequence: head?.version ?? 0,
        ...{ added, changed, removed, renamed, newBytes },
        risky: rows.filter(({ risk }) => risk !== null).length,
        warnings: manyRemoved ? [many] : [],
      }
    },
  }
}

const diffRow = ({ what, path, kind, sizeBefore, sizeAfter, from, risk }: ChangeRow): DiffRow => ({
  ...{ what, path, kind, from, risk },
  size: what === 'removed' ? sizeBefore : sizeAfter,
})
