import type { Entry } from '../../protocol/index.ts'
import type { InodeMetadata } from '../fs/index.ts'

const KEEP_ALL: InodeMetadata = {
  uid: undefined,
  gid: undefined,
  mode: undefined,
  xattrs: undefined,
  mtimeNs: undefined,
}

/** Sets the mode and nothing else. */
export const onlyMode = (mode: number): InodeMetadata => ({ ...KEEP_ALL, mode })

/** Leaves owner and attributes as they are. */
export const onlyModeAndTime = ({ mode, mtimeNs }: InodeMetadata): InodeMetadata => ({ ...KEEP_ALL, mode, mtimeNs })

/** Everything that an entry says of its inode, as it is to be set. */
export function metadataOf(entry: Exclude<Entry, { kind: 'hardlink' }>): InodeMetadata {
  const { uid, gid, xattrs, mtimeSec, mtimeNs } = entry
  const mode = entry.kind === 'symlink' ? undefined : entry.mode
  return { uid, gid, mode, xattrs, mtimeNs: BigInt(mtimeSec) * 1_000_000_000n + BigInt(mtimeNs) }
}
