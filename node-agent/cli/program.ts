import { Command } from 'commander'
import { createHost } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import type { CliIo } from './io.ts'
import type { Seams } from './seams.ts'

const EXIT_CODES = `
Exit codes:
  0  done
  1  failed: the message says what, what is untouched, what next
  2  wrong usage or configuration
  3  timed out or not converged
  4  refused: not trusted (signature, expiry, revocation, rollback)
  5  refused: would exceed a budget, or no space

Environment:
  SHOAL_HOME  as --home
  SHOAL_PASSPHRASE_FILE  first line: passphrase of this home's keys, for commands without an agent
  SHOAL_LOG   log lines on stderr from this level: debug, info, warn or error

Example:
  $ shoal demo`

/** The whole command line: every command of docs/spec/cli.md, built or not. Throws commander's errors instead of ending the process. */
export function createProgram(io: CliIo, seams: Seams): Command {
  const program = new Command('shoal')
  const settle = (command: Command): void => {
    command.exitOverride().configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Errors are reported by run.ts, in one form; help that a missing command asks for has nothing to add to them.
      writeErr: () => undefined,
      getOutHelpWidth: () => Math.min(io.stdout.columns, 120),
      getErrHelpWidth: () => Math.min(io.stderr.columns, 120),
    })
    command.configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    for (const child of command.commands) settle(child)
  }
  program
    .description('Keeps file trees on many live machines at the same release, without a central server.')
    .version(io.version, '--version', 'print the version')
    .option('--home <dir>', "this node's keys, database and config")
    .option('--json', 'one JSON document on stdout, or one a line for streams')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help for a command')
    .addHelpText('after', EXIT_CODES)
  const host = createHost(program, io, seams)
  for (const add of COMMANDS) add(program, host)
  settle(program)
  return program
}
