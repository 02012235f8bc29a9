import { hash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Digest, digestFromBytes, fromHex, type Manifest, type ManifestReading } from '../../protocol/index.ts'
import { recordLength, StatCache } from './stat-cache.ts'

/** First bytes of a record of format 1; then the manifest's id (32 bytes), the rows (i64, the machine's byte order), SHA-256 of all that. */
const MAGIC = new TextEncoder().encode('SHOALSC1')
const ID_BYTES = 32

/** Where a home keeps what it knows of a tree: one file a root. */
export const statRecordPath = (home: string, root: string): string =>
  join(home, 'cache', `${hash('sha256', root, 'hex').slice(0, 32)}.stat`)

/** Keeps what is known of a tree that was read as `manifest`. A record that is cut off by a crash is not believed. @throws errors of the file system */
export async function saveStatRecord(file: string, cache: StatCache, id: Digest, manifest: Manifest): Promise<void> {
  const rows = cache.toRows(manifest)
  const body = Buffer.concat([MAGIC, fromHex(id), new Uint8Array(rows.buffer)])
  await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeFile(`${file}.new`, [body, Buffer.from(hash('sha256', body, 'hex'), 'hex')], { mode: 0o600 })
  await rename(`${file}.new`, file)
}

/** A manifest, or one that is being read: `count` says how many entries it will have. */
type Recorded = Pick<Manifest, 'entries'> & Partial<Pick<ManifestReading, 'count'>>

/**
 * What a record tells, as a cache; an empty one when there is no record, it is damaged, or `manifestOf` does not have its manifest. It is only ever a
 * short cut: without it everything is read. What of the manifest is not decoded yet is not known either.
 */
export async function loadStatRecord(
  file: string,
  manifestOf: (id: Digest) => Promise<Recorded | undefined>,
): Promise<StatCache> {
  const bytes = await readFile(file).catch(() => undefined)
  if (bytes === undefined || bytes.length < MAGIC.length + 2 * ID_BYTES) return new StatCache()
  const body = bytes.subarray(0, -ID_BYTES)
  const intact = hash('sha256', body, 'hex') === bytes.subarray(-ID_BYTES).toString('hex')
  if (!intact || MAGIC.some((byte, i) => body[i] !== byte)) return new StatCache()
  const manifest = await manifestOf(digestFromBytes(body.subarray(MAGIC.length, MAGIC.length + ID_BYTES)))
  const rows = body.subarray(MAGIC.length + ID_BYTES)
  if (manifest === undefined || rows.length !== 8 * recordLength(manifest.count ?? manifest.entries.length))
    return new StatCache()
  // A copy, so that it begins at a multiple of eight.
  return new StatCache({ manifest, rows: new BigInt64Array(new Uint8Array(rows).buffer) })
}
