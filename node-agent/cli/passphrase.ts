import { readFile } from 'node:fs/promises'
import { ShoalError } from '../../protocol/errors/index.ts'
import type { OpenedControl } from '../control/index.ts'
import type { CommandContext } from './context.ts'
import { usage } from './text.ts'

/** Time enough for one command. */
const ONE_COMMAND_MS = 10 * 60_000

/** The first line of a file; `/dev/stdin` and pipes will do. @throws FILE_SYSTEM, USAGE when it is empty */
export async function readPassphrase(path: string): Promise<string> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw unreadable('the passphrase file', cause)
  }
  const line = text.split('\n')[0]?.replace(/\r$/, '') ?? ''
  if (line === '') throw usage('the first line of the passphrase file is empty')
  return line
}

/** A home that a command opens by itself is unlocked for it where SHOAL_PASSPHRASE_FILE says how; a running agent is not touched. @throws PASSPHRASE_WRONG */
export async function offlineUnlocked(context: CommandContext, control: OpenedControl): Promise<OpenedControl> {
  const path = context.io.env['SHOAL_PASSPHRASE_FILE']
  if (control.live || path === undefined || path === '') return control
  const { me } = await control.call('access', {}, { signal: context.signal })
  if (me.lock.state !== 'locked') return control
  const request = { passphrase: await readPassphrase(path), idleMs: ONE_COMMAND_MS }
  await control.call('keysUnlock', request, { signal: context.signal })
  return control
}

/** A file that a person named and that cannot be read. */
export const unreadable = (what: string, cause: unknown): ShoalError =>
  new ShoalError('FILE_SYSTEM', `${what} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  })
