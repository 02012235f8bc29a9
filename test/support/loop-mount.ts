import { execFileSync } from 'node:child_process'
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'

/** Mounting needs root and loop devices; without them the tests that need a small disk say loudly that they did not run. */
export const CAN_MOUNT = process.getuid?.() === 0
if (!CAN_MOUNT) console.warn('NOT RUN: tests on a small or read-only disk need root')

/** A small ext4 file system of its own at `point`, gone with the test. */
export function mountSmallDisk(image: string, point: string, mebibytes: number): void {
  writeFileSync(image, '')
  truncateSync(image, mebibytes * 1024 * 1024)
  execFileSync('mkfs.ext4', ['-q', '-F', image])
  mkdirSync(point, { recursive: true })
  execFileSync('mount', ['-o', 'loop', image, point])
  onTestFinished(() => void execFileSync('umount', [point]))
}

/** Makes the disk at `point` read-only from now on. */
export const remountReadOnly = (point: string): void => void execFileSync('mount', ['-o', 'remount,ro', point])
