import type { Command } from 'commander'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { type AddCommand, type CommandHost, define } from '../command.ts'
import { whole } from '../values.ts'

/** A command of the contract that this version does not have: its arguments are checked, then it refuses and does nothing (CLI-8). */
export function refuse(parent: Command, host: CommandHost, usage: string, summary: string, example: string): Command {
  const command = define(parent, usage, `${summary} (not built yet)`, example)
  const name = example
    .split(' ')
    .slice(0, parent.parent === null ? 1 : 2)
    .join(' ')
  command.action(
    host.action(async () => {
      throw new ShoalError('NOT_BUILT_YET', `${name} is not built yet; nothing was changed`)
    }),
  )
  return command
}

const waves =
  (verb: string, summary: string): AddCommand =>
  (parent, host) => {
    refuse(parent, host, `${verb} <channel>`, summary, `${verb} web`).option(
      '--wave <number>',
      'only this wave',
      whole(1, 1000),
    )
  }
export const pause = waves('pause', 'hold a rollout')
export const resume = waves('resume', 'go on with a rollout')
export const promote = waves('promote', 'let a rollout into its next wave')
