import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'

/** Mounting needs root and loop devices; without them the tests that need a small disk say loudly that they did not run. */
export const CAN_MOUNT = process.getuid?.() === 0
if (!CAN_MOUNT) console.warn('NOT RUN: tests on a small or read-only disk need root')

/** File systems that tests run on. */
export type FsKind = 'tmpfs' | 'ext4' | 'xfs' | 'btrfs'
export const FS_KINDS: readonly FsKind[] = ['tmpfs', 'ext4', 'xfs', 'btrfs']

/** At least what mkfs accepts, or takes blocks of 4 KiB for; the images are sparse. */
const MEBIBYTES: Readonly<Record<FsKind, number>> = { tmpfs: 64, ext4: 600, xfs: 320, btrfs: 160 }
const MKFS_ARGS: Readonly<Record<FsKind, readonly string[]>> = {
  tmpfs: [],
  ext4: ['-q', '-F'],
  xfs: ['-q', '-f'],
  btrfs: ['-q', '-f'],
}

/** Kinds that this machine can make and mount; the others are named loudly. */
export const MOUNTABLE: readonly FsKind[] = FS_KINDS.filter((kind) => {
  if (!CAN_MOUNT) return false
  const made =
    kind === 'tmpfs' || ['/sbin', '/usr/sbin', '/bin', '/usr/bin'].some((p) => existsSync(`${p}/mkfs.${kind}`))
  if (!made) console.warn(`NOT RUN: tests on ${kind} need mkfs.${kind}`)
  return made
})

/** A file system of its own at `point`. @returns unmounts it */
export function mountKind(kind: FsKind, image: string, point: string, mebibytes = MEBIBYTES[kind]): () => void {
  mkdirSync(point, { recursive: true })
  if (kind === 'tmpfs') execFileSync('mount', ['-t', kind, '-o', `size=${mebibytes}m,mode=755`, 'shoal-test', point])
  else {
    writeFileSync(image, '')
    truncateSync(image, mebibytes * 1024 * 1024)
    execFileSync(`mkfs.${kind}`, [...MKFS_ARGS[kind], image])
    execFileSync('mount', ['-o', 'loop', image, point])
  }
  // A test that failed may have left files open: the mount goes with the last of them.
  return () => void execFileSync('umount', ['-l', point])
}

/** A small ext4 file system of its own at `point`, gone with the test. */
export function mountSmallDisk(image: string, point: string, mebibytes: number): void {
  onTestFinished(mountKind('ext4', image, point, mebibytes))
}

/** Makes the disk at `point` read-only from now on. */
export const remountReadOnly = (point: string): void => void execFileSync('mount', ['-o', 'remount,ro', point])
