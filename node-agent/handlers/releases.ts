import {
  displayPath,
  type Entry,
  type Manifest,
  parseChannelName,
  type RecordOf,
  ShoalError,
  toManifestText,
} from '../../protocol/index.ts'
import { CONTROL_LIMITS, type ControlHandlers, type EntryRow, type ReleaseRow } from '../../protocol/control/index.ts'
import type { Core } from '../core.ts'
import type { HandlerDeps } from './types.ts'

/** History of a channel, and one release's entries. */
export function releaseHandlers({ core }: HandlerDeps): Pick<ControlHandlers, 'releases' | 'show'> {
  return {
    releases: async ({ channel }) => {
      const name = parseChannelName(channel)
      core.requireChannel(name)
      return (await core.mesh.book.heads(name)).map(releaseRow)
    },

    show: async function* ({ channel, sequence }, signal) {
      const head = await findHead(core, channel, sequence)
      const manifest = await loadManifest(core, head)
      for (let at = 0; at < manifest.entries.length; at += CONTROL_LIMITS.rowsPerPage) {
        if (signal.aborted) throw new ShoalError('CANCELLED', 'cancelled')
        yield manifest.entries.slice(at, at + CONTROL_LIMITS.rowsPerPage).map(entryRow)
      }
      return releaseRow(head)
    },
  }
}

/** The head of a release; of the newest one for null. @throws NO_SUCH_CHANNEL, NO_SUCH_RELEASE */
export async function findHead(core: Core, channel: string, sequence: number | null): Promise<RecordOf<'head'>> {
  const name = parseChannelName(channel)
  core.requireChannel(name)
  const head =
    sequence === null
      ? core.mesh.book.head(name)
      : (await core.mesh.book.heads(name)).find((h) => h.version === sequence)
  if (head === undefined) {
    const which = sequence === null ? 'no release' : `no release ${sequence}`
    throw new ShoalError('NO_SUCH_RELEASE', `${which} of channel ${displayPath(channel)} is known here`)
  }
  return head
}

/** @throws NO_SUCH_RELEASE when its manifest is not in this home */
export async function loadManifest(core: Core, head: RecordOf<'head'>): Promise<Manifest> {
  const manifest = await core.manifests.load(head.body.manifest)
  if (manifest !== undefined) return manifest
  const what = `the manifest of ${head.key}@${head.version} is not on this host`
  throw new ShoalError('NO_SUCH_RELEASE', `${what}; ask where it is a target, or where it was published`)
}

const iso = (ms: number): string => new Date(ms).toISOString()

const releaseRow = (head: RecordOf<'head'>): ReleaseRow => ({
  channel: head.key,
  sequence: head.version,
  manifest: toManifestText(head.body.manifest),
  publishedAt: iso(head.body.publishedAtMs),
  expires: iso(head.body.expiresMs),
  entries: head.body.entries,
  bytes: head.body.treeBytes,
  message: head.body.message,
  signers: head.signatures.map((s) => s.key),
})

function entryRow(entry: Entry): EntryRow {
  if (entry.kind === 'hardlink') {
    const { kind, path, target } = entry
    return { kind, path, mode: null, uid: null, gid: null, size: null, mtime: null, target }
  }
  const { kind, path, uid, gid, mtimeSec, mtimeNs } = entry
  return {
    kind,
    path,
    uid,
    gid,
    mode: entry.kind === 'symlink' ? null : entry.mode,
    size: entry.kind === 'file' ? entry.size : null,
    mtime: timeText(mtimeSec, mtimeNs),
    target: entry.kind === 'symlink' ? entry.target : null,
  }
}

/** ISO 8601 with the nanoseconds' milliseconds; null for a time that the calendar of JavaScript does not reach. */
function timeText(seconds: number, nanoseconds: number): string | null {
  const date = new Date(seconds * 1000 + Math.floor(nanoseconds / 1e6))
  return Number.isNaN(date.getTime()) ? null : date.toISOString()
}
