import * as fs from 'node:fs'
import type { Libc } from './libc.ts'
import type { TreeStat } from './types.ts'

const AT_SYMLINK_NOFOLLOW = 0x100
const AT_NO_AUTOMOUNT = 0x800
const STATX_BASIC_STATS = 0x7ff
const STATX_BYTES = 256
const BILLION = 1_000_000_000n

const S_IFMT = 0o170000
const KINDS: ReadonlyMap<number, TreeStat['kind']> = new Map([
  [0o100000, 'file'],
  [0o040000, 'directory'],
  [0o120000, 'symlink'],
])

const kindOf = (mode: number): TreeStat['kind'] => KINDS.get(mode & S_IFMT) ?? 'other'

/** Reads `struct statx` (statx(2)) of one name in a directory into a buffer of its own. */
export class StatReader {
  readonly #libc: Libc
  readonly #bytes = new Uint8Array(STATX_BYTES)
  readonly #view = new DataView(this.#bytes.buffer)

  constructor(libc: Libc) {
    this.#libc = libc
  }

  /** Never follows a symlink. The name of the errno when it fails. */
  read(dirfd: number, name: Uint8Array): TreeStat | string {
    const flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT
    if (this.#libc.statx(dirfd, name, flags, STATX_BASIC_STATS, this.#bytes) !== 0) return this.#libc.errno()
    const mode = this.#view.getUint16(28, true)
    return {
      kind: kindOf(mode),
      device: toDevice(this.#u32(136), this.#u32(140)),
      inode: this.#view.getBigUint64(32, true),
      links: this.#u32(16),
      mode: mode & 0o7777,
      uid: this.#u32(20),
      gid: this.#u32(24),
      size: Number(this.#view.getBigUint64(40, true)),
      blocks: Number(this.#view.getBigUint64(48, true)),
      mtimeNs: this.#time(112),
      ctimeNs: this.#time(96),
    }
  }

  #u32(offset: number): number {
    return this.#view.getUint32(offset, true)
  }

  #time(offset: number): bigint {
    return this.#view.getBigInt64(offset, true) * BILLION + BigInt(this.#u32(offset + 8))
  }
}

/** makedev(3), the number that Node.js gives too. */
const toDevice = (major: number, minor: number): bigint =>
  (BigInt(major & 0xfffff000) << 32n) |
  (BigInt(major & 0xfff) << 8n) |
  (BigInt(minor & 0xffffff00) << 12n) |
  BigInt(minor & 0xff)

/** The status of an open file, as `lstat` gives it. */
export function fstat(fd: number): TreeStat {
  const stat = fs.fstatSync(fd, { bigint: true })
  const mode = Number(stat.mode)
  return {
    kind: kindOf(mode),
    device: stat.dev,
    inode: stat.ino,
    links: Number(stat.nlink),
    mode: mode & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: Number(stat.size),
    blocks: Number(stat.blocks),
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
  }
}
