import { hash } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openTreeRoot } from '../../node-agent/fs/index.ts'
import { scanTree } from '../../node-agent/scan/index.ts'
import { type Digest, encodeManifest, type Manifest, parseDigest } from '../../protocol/index.ts'

/** A folder as a release: its manifest, its id, and its chunks, read from the folder itself. */
export interface BenchRelease {
  readonly manifest: Manifest
  readonly id: Digest
  read(digest: Digest): Promise<Uint8Array | undefined>
}

export async function releaseOf(directory: string): Promise<BenchRelease> {
  const root = openTreeRoot(directory)
  const { entries, users, groups } = await scanTree(root, { signal: new AbortController().signal })
  root.close()
  const settings = { consistencyGroups: [], maxWindowMs: undefined, watch: [], suggest: [] }
  const manifest: Manifest = { header: { format: 1, users, groups, settings }, entries }
  const places = new Map<Digest, { readonly path: string; readonly offset: number; readonly size: number }>()
  for (const entry of entries) {
    let offset = 0
    for (const { digest, size } of entry.kind === 'file' ? entry.chunks : []) {
      places.set(digest, { path: entry.path, offset, size })
      offset += size
    }
  }
  const read = async (digest: Digest): Promise<Uint8Array | undefined> => {
    const place = places.get(digest)
    if (place === undefined) return undefined
    const fd = openSync(Buffer.from(`${directory}/${place.path}`, 'latin1'), 'r')
    const bytes = new Uint8Array(place.size)
    readSync(fd, bytes, 0, place.size, place.offset)
    closeSync(fd)
    return bytes
  }
  return { manifest, id: parseDigest(hash('sha256', encodeManifest(manifest), 'hex')), read }
}

const TIME_S = 1_700_000_000

/** Two trees of `entries` files in directories of 100, of which `changed` differ. */
export function makePair(
  folder: string,
  entries: number,
  changed: number,
): { readonly old: string; readonly next: string } {
  const [old, next] = [join(folder, 'old'), join(folder, 'new')]
  for (const [directory, version] of [
    [old, 1],
    [next, 2],
  ] as const) {
    for (let i = 0; i < entries; i++) {
      const at = join(directory, `d${Math.floor(i / 100)}`)
      if (i % 100 === 0) mkdirSync(at, { recursive: true })
      const differs = (i * changed) % entries < changed
      const file = join(at, `f${i % 100}`)
      writeFileSync(file, `${i} ${differs ? version : 0}\n`)
      utimesSync(file, TIME_S, TIME_S + (differs ? version : 0))
    }
  }
  return { old, next }
}
