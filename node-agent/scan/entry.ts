import {
  type ChunkRef,
  type Entry,
  type Ownership,
  quotePath,
  ShoalError,
  type TreePath,
  type Xattr,
} from '../../protocol/index.ts'
import type { TreeRoot, TreeStat } from '../fs/index.ts'

const BILLION = 1_000_000_000n

/** Nanoseconds since the epoch as the pair of the manifest. */
export function splitNs(ns: bigint): { readonly mtimeSec: number; readonly mtimeNs: number } {
  const part = ((ns % BILLION) + BILLION) % BILLION
  return { mtimeSec: Number((ns - part) / BILLION), mtimeNs: Number(part) }
}

/** The entry of what stands at `path`; a file's chunks are given, and its attributes where they are known. @throws SOURCE_UNSUPPORTED_ENTRY for devices, sockets and pipes */
export function entryOf(
  root: TreeRoot,
  path: TreePath,
  stat: TreeStat,
  chunks: readonly ChunkRef[],
  xattrs?: readonly Xattr[],
): Entry {
  const ownership: Ownership = {
    uid: stat.uid,
    gid: stat.gid,
    ...splitNs(stat.mtimeNs),
    xattrs: xattrs ?? (stat.kind === 'other' ? [] : root.listXattrs(path)),
  }
  switch (stat.kind) {
    case 'file':
      return {
        kind: 'file',
        path,
        mode: stat.mode,
        ...ownership,
        size: stat.size,
        sparse: stat.blocks * 512 < stat.size,
        chunks,
      }
    case 'directory':
      return { kind: 'directory', path, mode: stat.mode, ...ownership }
    case 'symlink':
      return { kind: 'symlink', path, ...ownership, target: root.readlink(path) }
    case 'other':
      throw new ShoalError(
        'SOURCE_UNSUPPORTED_ENTRY',
        `${quotePath(path)} is a device, socket or pipe; a release holds files, directories and links only`,
      )
  }
}
