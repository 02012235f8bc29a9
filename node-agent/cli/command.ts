import type { Command } from 'commander'
import { type CommandContext, type CommandSettings, createContext, type GlobalOptions } from './context.ts'
import type { CliIo } from './io.ts'
import type { Seams } from './seams.ts'

/** Adds one command (with its subcommands) to the program. */
export type AddCommand = (parent: Command, host: CommandHost) => void

/** What a command file needs to turn its body into an action. */
export interface CommandHost {
  readonly io: CliIo
  /**
   * Wraps a body into an action: a context with the global options, then the arguments and options as their parsers made them. The types of
   * `args` are the command file's word for what its own declarations give.
   */
  action<A extends readonly unknown[]>(
    body: (context: CommandContext, ...args: A) => Promise<void>,
    settings?: CommandSettings,
  ): (...args: A) => Promise<void>
}

export function createHost(program: Command, io: CliIo, seams: Seams): CommandHost {
  return {
    io,
    action:
      (body, settings = {}) =>
      async (...args) => {
        await using context = createContext(io, seams, program.opts<GlobalOptions>(), settings)
        await body(context, ...args)
      },
  }
}

/** A command with its summary and one example. `usage` is the name and its arguments: `add <channel> <root>`. */
export function define(parent: Command, usage: string, summary: string, example: string): Command {
  return parent
    .command(usage)
    .summary(summary)
    .description(summary)
    .addHelpText('after', `\nExample:\n  $ shoal ${example}`)
}
