import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { missingCalls } from '../fs/index.ts'
import { findingsOf } from './finding.ts'
import type { Finding } from './types.ts'

/** capabilities(7): the ones that setting owners, setuid bits and file capabilities on files of others takes. */
const NEEDED: readonly (readonly [bigint, string])[] = [
  [0n, 'CAP_CHOWN'],
  [1n, 'CAP_DAC_OVERRIDE'],
  [3n, 'CAP_FOWNER'],
  [4n, 'CAP_FSETID'],
  [31n, 'CAP_SETFCAP'],
]

/** The kernel has what commits are made of (DOCTOR-4). */
export function checkKernel(missing: readonly string[] = missingCalls()): readonly Finding[] {
  const { ok, fail } = findingsOf('kernel')
  if (missing.length === 0) return [ok('openat2, renameat2, statx, syncfs and copy_file_range are there')]
  const advice = 'run Linux 5.8 or newer, or let the container use these calls'
  return [fail(`the kernel, or the filter of a container, refuses ${missing.join(', ')}`, advice)]
}

/** Whether this user, as whom the agent runs too, may give files their owners (DOCTOR-5). @param status text of /proc/self/status */
export function checkRights(status: string = readFileSync('/proc/self/status', 'utf8')): readonly Finding[] {
  const { ok, warn } = findingsOf('rights')
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? '0'}`)
  const lacking = NEEDED.filter(([bit]) => ((effective >> bit) & 1n) === 0n).map(([, name]) => name)
  if (lacking.length === 0) return [ok('owners, modes, attributes and capabilities of files may be set')]
  const found = `without ${lacking.join(', ')} files keep this user as their owner, and may lose setuid and capabilities; each is reported`
  return [warn(found, 'run the agent as root where releases have other owners')]
}

/** Whether it can be seen who uses which file (DOCTOR-6). */
export function checkProcesses(proc = '/proc'): readonly Finding[] {
  const { ok, warn } = findingsOf('processes')
  const pids = readdirSync(proc).filter((name) => /^\d+$/.test(name))
  const hidden = pids.filter((pid) => existsSync(`${proc}/${pid}/stat`) && !mayLook(`${proc}/${pid}/cwd`))
  const found = 'the files of all processes can be seen'
  if (pids.includes('1') && hidden.length === 0) return [ok(found)]
  const which = pids.includes('1') ? `${hidden.length} of ${pids.length} processes` : 'processes of other users'
  const advice = 'run the agent as root, on a /proc without hidepid'
  return [warn(`what ${which} use cannot be seen: replaced files are only kept for the grace`, advice)]
}

/** A process that ended meanwhile hides nothing. */
function mayLook(link: string): boolean {
  try {
    readlinkSync(link)
    return true
  } catch (err) {
    return !(err instanceof Error && 'code' in err && (err.code === 'EACCES' || err.code === 'EPERM'))
  }
}
