/** A file that a process has mapped, from one or several lines of /proc/PID/maps. */
export interface MappedFile {
  /** Device that the kernel names, encoded like `st_dev`. Where its major number is 0 (btrfs, overlay, NFS), stat may tell another. */
  readonly device: bigint
  readonly inode: bigint
  readonly path: string
  /** Name in /proc/PID/map_files, which leads to the file itself. */
  readonly range: string
}

/** Whether maps and stat name the same device: file systems without a block device of their own have major number 0, some several such devices. */
export const isBlockDevice = (device: bigint): boolean => (device & 0xf_ff00n) !== 0n || device >> 44n !== 0n

/** `st_dev` of a device number (makedev(3) of glibc). */
export const toDevice = (major: number, minor: number): bigint => {
  const [a, b] = [BigInt(major), BigInt(minor)]
  return ((a & ~0xfffn) << 32n) | ((a & 0xfffn) << 8n) | ((b & ~0xffn) << 12n) | (b & 0xffn)
}

const LINE = /^0*([0-9a-f]+)-0*([0-9a-f]+) \S+ \S+ ([0-9a-f]+):([0-9a-f]+) (\d+) +(\/.*)$/

/** One line of maps; undefined when it is no file. */
export function parseMapsLine(line: string): MappedFile | undefined {
  const [, from, to, major = '', minor = '', inode = '0', path = ''] = LINE.exec(line) ?? []
  if (from === undefined || to === undefined || inode === '0') return undefined
  return {
    device: toDevice(Number.parseInt(major, 16), Number.parseInt(minor, 16)),
    inode: BigInt(inode),
    path: path.replaceAll('\\012', '\n'),
    range: `${from}-${to}`,
  }
}
