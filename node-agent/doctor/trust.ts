import { formatDuration } from '../config/index.ts'
import { findingsOf } from './finding.ts'
import type { Finding, Known } from './types.ts'

const WARN_MS = 14 * 24 * 3_600_000

/** Membership, and what expires: the mesh's root, and each channel's newest release (DOCTOR-11). */
export function checkTrust(nowMs: number, known: Known | undefined): readonly Finding[] {
  const { ok, warn } = findingsOf('trust')
  if (known?.status === undefined)
    return [warn('this home belongs to no mesh yet', 'shoal join TICKET, or shoal mesh create NAME')]
  const { mesh, self } = known.status
  return [
    self.host === null
      ? warn('no grant lets this host in yet, as far as is known here', 'start the agent while its ticket is valid')
      : ok(
          `host ${self.host} of site ${self.site ?? 'unknown'} in mesh ${mesh.name}; its grant was taken and does not expire`,
        ),
    expiry(nowMs, null, `the root of mesh ${mesh.name}`, mesh.expires, 'sign a new root with the mesh’s root keys'),
    ...known.heads.map(({ channel, expires }) =>
      expiry(nowMs, channel, 'the newest release', expires, 'publish it again'),
    ),
  ]
}

function expiry(nowMs: number, about: string | null, what: string, expires: string, advice: string): Finding {
  const { ok, warn, fail } = findingsOf('trust', about)
  const leftMs = Date.parse(expires) - nowMs
  if (leftMs <= 0) return fail(`${what} expired on ${expires}: nobody takes it any more`, advice)
  if (leftMs < WARN_MS) return warn(`${what} expires on ${expires}, in ${roundly(leftMs)}`, advice)
  return ok(`${what} is valid until ${expires}`)
}

/** Whole hours, or less when there is less than one. */
const roundly = (ms: number): string => (ms < 3_600_000 ? 'less than an hour' : formatDuration(ms - (ms % 3_600_000)))
