import { createHash } from 'node:crypto'
import {
  type Digest,
  type Entry,
  type Manifest,
  manifestParts,
  parseDigest,
  type TreePath,
} from '../../protocol/index.ts'
import type { TreeRoot } from '../fs/index.ts'
import { observePaths, type ObserveOptions } from './observe.ts'

/** One path of a live tree that is not what the manifest says. */
export interface Drift {
  readonly path: TreePath
  readonly what: 'missing' | 'type' | 'content' | 'metadata'
  /** What differs, in words. */
  readonly detail: string
}

export interface Proof {
  /** Id of the manifest computed again from the observed tree. */
  readonly observed: Digest | undefined
  readonly proved: boolean
  readonly differences: readonly Drift[]
}

/**
 * Computes the manifest again from what stands at exactly its paths and compares ids. The header, directory times and holes are taken from the
 * manifest: they are no evidence (PROOF-2).
 */
export async function proveManifest(
  root: TreeRoot,
  manifest: Manifest,
  id: Digest,
  options: ObserveOptions,
): Promise<Proof> {
  const known = new Map(manifest.entries.map((e) => [e.path, e]))
  const tree = await observePaths(root, known.keys(), { ...options, known })
  const differences: Drift[] = []
  const entries: Entry[] = []
  for (const wanted of manifest.entries) {
    const found = tree.get(wanted.path)?.entry
    const drift = compareEntry(wanted, found)
    if (drift !== undefined) differences.push({ path: wanted.path, ...drift })
    if (found !== undefined) entries.push(evidenceOf(wanted, found))
  }
  if (differences.length > 0) return { observed: undefined, proved: false, differences }
  const digest = createHash('sha256')
  for (const part of manifestParts({ header: manifest.header, entries })) digest.update(part)
  const observed = parseDigest(digest.digest('hex'))
  return { observed, proved: observed === id, differences }
}

/** The found entry, with what is no evidence taken from the wanted one. */
function evidenceOf(wanted: Entry, found: Entry): Entry {
  if (wanted === found) return found
  if (wanted.kind === 'directory' && found.kind === 'directory') {
    return { ...found, mtimeSec: wanted.mtimeSec, mtimeNs: wanted.mtimeNs }
  }
  if (wanted.kind === 'file' && found.kind === 'file') return { ...found, sparse: wanted.sparse }
  return found
}

/** How a found entry differs from the wanted one; undefined when it does not. */
export function compareEntry(wanted: Entry, found: Entry | undefined): Omit<Drift, 'path'> | undefined {
  if (found === undefined) return { what: 'missing', detail: 'nothing is there' }
  if (wanted.kind === 'hardlink' || found.kind === 'hardlink') return compareLinks(wanted, found)
  if (wanted.kind !== found.kind) return { what: 'type', detail: `${found.kind}, not ${wanted.kind}` }
  if (wanted.kind === 'symlink' && found.kind === 'symlink' && wanted.target !== found.target) {
    return { what: 'content', detail: 'it points elsewhere' }
  }
  if (wanted.kind === 'file' && found.kind === 'file') {
    if (wanted.size !== found.size) return { what: 'content', detail: `${found.size} bytes, not ${wanted.size}` }
    if (wanted.chunks.some((chunk, i) => chunk.digest !== found.chunks[i]?.digest))
      return { what: 'content', detail: 'other bytes' }
  }
  const metadata = metadataDifference(wanted, found)
  return metadata === undefined ? undefined : { what: 'metadata', detail: metadata }
}

function compareLinks(wanted: Entry, found: Entry): Omit<Drift, 'path'> | undefined {
  if (wanted.kind !== 'hardlink') return { what: 'type', detail: 'a further name of another file' }
  if (found.kind !== 'hardlink') return { what: 'type', detail: 'a file of its own, not a further name' }
  return wanted.target === found.target ? undefined : { what: 'type', detail: 'a further name of another file' }
}

type OwnedEntry = Exclude<Entry, { kind: 'hardlink' }>

function metadataDifference(wanted: OwnedEntry, found: OwnedEntry): string | undefined {
  if (wanted.uid !== found.uid || wanted.gid !== found.gid) {
    return `owner ${found.uid}:${found.gid}, not ${wanted.uid}:${wanted.gid}`
  }
  if (wanted.kind !== 'symlink' && found.kind !== 'symlink' && wanted.mode !== found.mode) {
    return `mode ${found.mode.toString(8)}, not ${wanted.mode.toString(8)}`
  }
  const timesDiffer = wanted.mtimeSec !== found.mtimeSec || wanted.mtimeNs !== found.mtimeNs
  if (wanted.kind !== 'directory' && timesDiffer) return 'another modification time'
  const same =
    wanted.xattrs.length === found.xattrs.length &&
    wanted.xattrs.every(({ name, value }, i) => {
      const other = found.xattrs[i]
      return other?.name === name && Buffer.from(other.value).equals(value)
    })
  return same ? undefined : 'other extended attributes'
}
