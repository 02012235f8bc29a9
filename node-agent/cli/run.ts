import { CommanderError } from 'commander'
import { ERRORS, isShoalError, ShoalError, toWire } from '../../protocol/errors/index.ts'
import type { CliIo } from './io.ts'
import { createProgram } from './program.ts'
import type { Seams } from './seams.ts'
import { printable } from './text.ts'

/**
 * Runs one command line. Never throws: errors become `shoal: CODE: message` on stderr and the exit code that the ERRORS table gives (CLI-1, CLI-2).
 * @returns the process's exit code, 0 to 5
 */
export async function runCli(io: CliIo, seams: Seams): Promise<number> {
  try {
    await createProgram(io, seams).parseAsync([...io.argv], { from: 'user' })
    return 0
  } catch (err) {
    return report(io, err)
  }
}

function report(io: CliIo, err: unknown): number {
  if (err instanceof CommanderError && err.exitCode === 0) return 0
  const known = toShoalError(err)
  io.stderr.write(`shoal: ${known.code}: ${printable(known.message)}\n`)
  if (known.code === 'INTERNAL') {
    io.stderr.write(
      io.env['SHOAL_LOG'] === 'debug' && err instanceof Error
        ? `${(err.stack ?? err.message).split('\n').map(printable).join('\n')}\n`
        : 'This is a defect of Shoal. SHOAL_LOG=debug shows where; what the command had not finished is untouched.\n',
    )
  }
  return ERRORS[known.code].exit
}

function toShoalError(err: unknown): ShoalError {
  if (isShoalError(err)) return err
  if (err instanceof CommanderError) {
    if (err.code === 'commander.help') return new ShoalError('USAGE', 'a command is needed; see shoal --help')
    const message = err.message
      .replace(/^error: /, '')
      .replaceAll('\n', ' ')
      .trim()
    return new ShoalError('USAGE', `${message}; see shoal --help`, { cause: err })
  }
  return new ShoalError('INTERNAL', toWire(err).message, { cause: err })
}
