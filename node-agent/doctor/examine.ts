import { readFileSync, statfsSync } from 'node:fs'
import { ShoalError } from '../../protocol/errors/index.ts'
import { DEFAULTS } from '../config/index.ts'
import { isShared } from '../settle/index.ts'
import { checkClock } from './clock.ts'
import { findingsOf } from './finding.ts'
import { checkHome } from './home.ts'
import { checkKernel, checkProcesses, checkRights } from './host.ts'
import { parseMountInfo } from './mounts.ts'
import { checkNetwork } from './network.ts'
import { checkTarget } from './target.ts'
import { checkTrust } from './trust.ts'
import type { Check, Finding, Seen } from './types.ts'

/** Everything that is found, in the order of CHECKS. A check that cannot be made is itself a finding. */
export async function examine({ nowMs, home, known }: Seen): Promise<readonly Finding[]> {
  const mounts = parseMountInfo(readFileSync('/proc/self/mountinfo', 'utf8'))
  const shared = (root: string): boolean => isShared(root, statfsSync(root).type)
  const records = known instanceof ShoalError ? undefined : known
  const config = home instanceof ShoalError ? undefined : home.config
  return [
    ...checkClock(nowMs, records),
    ...(home instanceof ShoalError
      ? [unread('home', home)]
      : tried('home', () => checkHome(home.path, mounts, shared))),
    ...(known instanceof ShoalError ? [unread('home', known)] : []),
    ...tried('kernel', checkKernel),
    ...tried('rights', checkRights),
    ...tried('processes', checkProcesses),
    ...(records?.targets ?? []).flatMap((target) => {
      const policy = config?.targets.find(({ channel }) => channel === target.channel)?.policy
      const networkGraceMs = policy?.networkGraceMs ?? DEFAULTS.networkGraceMs
      return tried('target', () => checkTarget(target, { mounts, shared, networkGraceMs }), target.channel)
    }),
    ...(await checkNetwork(config?.listen ?? [], records)),
    ...checkTrust(nowMs, records),
  ]
}

/** What the system refuses is found, not thrown. */
function tried(check: Check, look: () => readonly Finding[], about: string | null = null): readonly Finding[] {
  try {
    return look()
  } catch (err) {
    const known = err instanceof ShoalError || (err instanceof Error && 'code' in err)
    if (!known) throw err
    return [
      findingsOf(check, about).fail(`cannot be looked at: ${err.message}`, 'run as the user that the agent runs as'),
    ]
  }
}

/** The message says what to do. */
const unread = (check: Check, { code, message }: ShoalError): Finding => ({
  check,
  level: 'fail',
  about: null,
  found: `${code}: ${message}`,
  advice: null,
})
