import { displayPath, type StaleReason, toByteString } from '../../protocol/index.ts'

const COMMAND_CHARS = 256

/** How a process uses an inode; `watched` is told elsewhere. */
export type Use = Exclude<StaleReason, 'watched'>

/** One process, as /proc shows it. */
export interface Process {
  readonly pid: number
  readonly startedAtMs: number
  /** systemd unit of its control group that the system's manager can restart or stop; `''` for none. */
  readonly unit: string
  /** Command line, harmless to print, at most 256 characters. */
  readonly command: string
  /** Where its executable, working directory, root, open and mapped files are, as the kernel names them now. */
  readonly paths: readonly string[]
}

/** Backslashes are part of a unit's name (systemd-escape(1)), so a name is shown as it is or not at all. */
const UNIT = /^[A-Za-z0-9:_.@\\-]{1,255}\.(?:service|scope|socket|mount|swap)$/
/** Managers of users' own units: restarting one would end all that this user runs. */
const USER_MANAGER = /^user@\d+\.service$/

/**
 * The unit in the lines of a process's control groups (proc(5)), found as systemd itself does: the first component below the slices. What comes further
 * down belongs to a manager of a user or of a container, where the same name is another unit.
 */
export function unitOf(cgroups: string): string {
  const lines = cgroups.split('\n').map((line) => /^\d+:([^:]*):(.*)$/.exec(line))
  // Of the hierarchies of version 1 systemd keeps its own; the others may be without units.
  const own = lines.find((line) => line?.[1] === 'name=systemd' && line[2] !== '/') ?? lines.find((l) => l?.[1] === '')
  const name = (own?.[2] ?? '').split('/').find((part) => part !== '' && !part.endsWith('.slice')) ?? ''
  // systemd puts `_` before a name that the kernel has a meaning for.
  const unit = name.replace(/^_/, '')
  return UNIT.test(unit) && !USER_MANAGER.test(unit) ? unit : ''
}

/**
 * Command line, harmless to print.
 * @param cmdline /proc/PID/cmdline, which the process itself may fill with anything of any size
 * @param name what to show when it is empty: kernel threads, zombies
 */
export function commandOf(cmdline: Uint8Array, name: string): string {
  const words = toByteString(cmdline.subarray(0, COMMAND_CHARS)).replace(/\0+$/, '').replaceAll('\0', ' ')
  const shown = words === '' ? name : words
  return shown === '' ? '' : displayPath(shown).slice(0, COMMAND_CHARS)
}
