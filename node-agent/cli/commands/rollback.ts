import { DEFAULTS, formatSize } from '../../config/index.ts'
import { type AddCommand, define } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { ownAgent } from '../own-agent.ts'
import { waitingLines } from '../proposal-text.ts'
import { reachLines } from '../rollout-text.ts'
import { seed } from '../seed.ts'
import { addresses, channel, lifetime, timeOption, waves, whole } from '../values.ts'

interface Options {
  readonly wave?: readonly string[]
  readonly to: number
  readonly message?: string
  readonly expires: number
  readonly seedUntil: number
  readonly listen?: readonly string[]
  readonly bootstrap?: readonly string[]
}

export const rollback: AddCommand = (parent, { action }) => {
  define(
    parent,
    'rollback <channel>',
    "publish a new head that names an older release's manifest",
    'rollback web --to 3',
  )
    .requiredOption('--to <sequence>', 'the release to go back to', whole(1, Number.MAX_SAFE_INTEGER))
    .option('--message <text>', 'why')
    .addOption(
      timeOption('--expires <duration>', 'hosts report a head older than this', lifetime, DEFAULTS.releaseLifetimeMs),
    )
    .option('--wave <spec>', 'as of publish; without one it goes to every host at once', waves)
    .option(
      '--seed-until <hosts>',
      'without a running agent: serve the release until so many hosts have proved it; 0 exits at once',
      whole(0, 1_000_000),
      DEFAULTS.seedUntil,
    )
    .option('--listen <multiaddr>', 'listen here while seeding; may be repeated', addresses)
    .option('--bootstrap <multiaddr>', 'dial this member while seeding; may be repeated', addresses)
    .action(action(run))
}

async function run(context: CommandContext, name: string, options: Options): Promise<void> {
  const message = options.message ?? `rollback to ${options.to}`
  const request = {
    channel: channel(name),
    to: options.to,
    message,
    lifetimeMs: options.expires,
    waves: options.wave ?? [],
  }
  const seeding = options.seedUntil > 0
  const control = await context.control(seeding ? () => ownAgent(context, options) : undefined)
  const {
    proposal,
    waves: reach,
    warnings,
    ...result
  } = await control.call('rollback', request, { signal: context.signal })
  for (const warning of warnings) context.note(`warning: ${warning}`)
  context.print(
    { ...result, ...(reach === null ? {} : { waves: reach }), ...(proposal === null ? {} : { proposal }) },
    () =>
      `${proposal === null ? 'published' : 'proposed'} ${result.channel}@${result.sequence}  ${result.manifest}\n` +
      `the content of release ${result.rollbackOf} again: ${result.entries} entries, ${formatSize(result.bytes)}\n${reach === null ? '' : reachLines(reach)}${proposal === null ? '' : waitingLines(proposal)}`,
  )
  if (seeding && !control.live && proposal === null) await seed(context, control, result, options.seedUntil)
}
