import { execFileSync } from 'node:child_process'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { mountOf, mountsBelow, parseMountInfo } from '../../../node-agent/doctor/mounts.ts'
import { checkTarget, type TargetInit } from '../../../node-agent/doctor/target.ts'
import { CAN_MOUNT, mountKind, mountSmallDisk, remountReadOnly } from '../../support/loop-mount.ts'
import { tempDir } from '../../support/temp-dir.ts'

const target = (root: string, strategy: 'in-place' | 'swap' = 'in-place') =>
  ({ channel: 'web', root, strategy, graceMs: 0, keep: 2, source: 'command' }) as const

const look = (root: string, strategy?: 'in-place' | 'swap', more: Partial<TargetInit> = {}) => {
  const mounts = parseMountInfo(fs.readFileSync('/proc/self/mountinfo', 'utf8'))
  return checkTarget(target(root, strategy), { mounts, shared: () => false, networkGraceMs: 3_600_000, ...more })
}
const worse = (findings: ReturnType<typeof look>) => findings.filter(({ level }) => level !== 'ok')

test('DOCTOR-7 mounts are read as the kernel writes them', () => {
  const text = [
    '22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw',
    '23 22 0:5 / /mnt/a\\040b ro,nosuid - nfs4 server:/x rw',
    '24 23 0:6 / /mnt/a\\040b/in rw shared:2 master:1 - fuse.sshfs s: rw',
    '25 22 0:7 / /mnt/a rw - xfs /dev/b ro',
    'nonsense',
    '',
  ].join('\n')
  const mounts = parseMountInfo(text)
  expect(mounts).toHaveLength(4)
  expect(mountOf(mounts, '/mnt/a b/file')).toEqual({ point: '/mnt/a b', type: 'nfs4', readOnly: true })
  expect(mountOf(mounts, '/mnt/ab')).toMatchObject({ type: 'ext4' })
  expect(mountOf(mounts, '/mnt/a')).toMatchObject({ type: 'xfs', readOnly: true })
  expect(mountsBelow(mounts, '/mnt/a b')).toEqual(['/mnt/a b/in'])
  expect(mountsBelow(mounts, '/mnt')).toEqual(['/mnt/a b', '/mnt/a b/in', '/mnt/a'])
})

test('DOCTOR-7 a root that is no directory, or cannot be made, fails; one that the first commit makes does not', async () => {
  const directory = await tempDir()
  fs.writeFileSync(join(directory, 'file'), '')
  expect(look(join(directory, 'file'))).toMatchObject([{ level: 'fail', about: 'web' }])
  expect(look(join(directory, 'none/root'))).toMatchObject([{ level: 'fail', advice: `make ${directory}/none` }])
  expect(look(join(directory, 'root'))).toMatchObject([{ level: 'ok' }])
})

test('DOCTOR-7 files that other machines may use get the grace of networks', async () => {
  const directory = await tempDir()
  expect(worse(look(directory, 'in-place', { shared: () => true }))).toMatchObject([
    { level: 'warn', found: expect.stringContaining('1h') },
  ])
})

test.runIf(CAN_MOUNT)('DOCTOR-7 mounts inside, a full and a read-only file system', async () => {
  const directory = await tempDir()
  const [point, inside] = [join(directory, 'mnt'), join(directory, 'mnt/inside')]
  mountSmallDisk(join(directory, 'disk'), point, 8)
  // Eight megabytes are less than any release of ordinary size needs.
  expect(worse(look(point))).toMatchObject([{ level: 'fail', found: expect.stringContaining('free') }])
  const unmount = mountKind('tmpfs', '', inside)
  expect(worse(look(point)).map(({ found }) => found)).toContainEqual(expect.stringContaining(inside))
  unmount()
  remountReadOnly(point)
  expect(worse(look(point)).at(-1)).toMatchObject({ level: 'fail', found: expect.stringContaining('read-only') })
})

test('DOCTOR-8 every guarantee, and nothing of the trial stays', async () => {
  const directory = await tempDir()
  const root = join(directory, 'root')
  fs.mkdirSync(root)
  for (const strategy of ['in-place', 'swap'] as const) {
    expect(look(root, strategy).at(-1)).toMatchObject({
      level: 'ok',
      found: expect.stringContaining('every guarantee'),
    })
    expect([fs.readdirSync(root), fs.readdirSync(directory)]).toEqual([[], ['root']])
  }
  fs.mkdirSync(join(root, '.shoal/doctor/probe'), { recursive: true })
  fs.mkdirSync(join(root, '.shoal/staging'))
  look(root)
  expect(fs.readdirSync(join(root, '.shoal'))).toEqual(['staging'])
})

test.runIf(CAN_MOUNT)('DOCTOR-8 what a file system cannot is told in words', async () => {
  const point = join(await tempDir(), 'mnt')
  fs.mkdirSync(point)
  // It lives in memory and knows neither attributes nor its size.
  execFileSync('mount', ['-t', 'ramfs', 'shoal-test', point])
  onTestFinished(() => void execFileSync('umount', ['-l', point]))
  expect(look(point).map(({ level, found }) => `${level} ${found}`)).toEqual([
    expect.stringMatching(/^ok .* on ramfs$/),
    expect.stringMatching(/^ok .*does not tell/),
    expect.stringMatching(/^warn files have no extended attributes/),
  ])
  expect(fs.readdirSync(point)).toEqual([])
})
