import { statSync } from 'node:fs'
import { findingsOf } from './finding.ts'
import { type Mount, mountOf } from './mounts.ts'
import { checkSpace } from './space.ts'
import type { Finding } from './types.ts'

/** File systems that forget. */
const VOLATILE = new Set(['tmpfs', 'ramfs'])

/** Mode, space and file system of a home that is ours alone already (DOCTOR-3). */
export function checkHome(
  path: string,
  mounts: readonly Mount[],
  shared: (root: string) => boolean,
): readonly Finding[] {
  const say = findingsOf('home')
  const type = mountOf(mounts, path)?.type ?? 'unknown'
  const mode = statSync(path).mode & 0o7777
  const octal = mode.toString(8).padStart(4, '0')
  return [
    (mode & 0o077) === 0
      ? say.ok(`${path}, mode ${octal}, on ${type}`)
      : say.warn(`${path}, mode ${octal}: others may look into it`, `chmod go-rwx ${path}`),
    ...(VOLATILE.has(type)
      ? [say.warn(`the home is on ${type}: keys and releases are gone after a reboot`, 'put the home on a disk')]
      : []),
    ...(shared(path)
      ? [
          say.warn(
            `the home is on ${type} or exported: other machines may use it, and locks may not hold`,
            'put the home on a disk of this machine that is not exported',
          ),
        ]
      : []),
    checkSpace(path, say),
  ]
}
