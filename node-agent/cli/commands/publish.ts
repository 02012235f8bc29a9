import type { PublishProgress, PublishRequest, PublishResult, ReleaseChanges } from '../../../protocol/control/index.ts'
import { DEFAULTS, formatDuration, formatSize } from '../../config/index.ts'
import type { OpenedControl } from '../../control/index.ts'
import { type AddCommand, define } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { ownAgent } from '../own-agent.ts'
import { waitingLines } from '../proposal-text.ts'
import { seed } from '../seed.ts'
import { processLine } from '../status-text.ts'
import { reachLines } from '../rollout-text.ts'
import { plural, printable } from '../text.ts'
import { addresses, channel, directory, lifetime, timeOption, waves, whole } from '../values.ts'

interface Options {
  readonly channel: string
  readonly message: string
  readonly expires: number
  readonly wave?: readonly string[]
  readonly dryRun?: boolean
  readonly checksum?: boolean
  readonly seedUntil: number
  readonly listen?: readonly string[]
  readonly bootstrap?: readonly string[]
}

export const publish: AddCommand = (parent, { action }) => {
  define(
    parent,
    'publish <dir>',
    'publish a directory as the next release of a channel',
    'publish ./site --channel web --message "Spring"',
  )
    .requiredOption('--channel <name>', 'the channel', channel)
    .option('--message <text>', 'why', '')
    .addOption(
      timeOption('--expires <duration>', 'hosts report a head older than this', lifetime, DEFAULTS.releaseLifetimeMs),
    )
    .option('--wave <spec>', 'a wave of the rollout, such as 5%:healthy=95%:after=30m; may be repeated', waves)
    .option('--dry-run', 'read and count everything, change nothing')
    .option('--checksum', 'read every file, also those that look unchanged since the last publish')
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

async function run(context: CommandContext, dir: string, options: Options): Promise<void> {
  const request: PublishRequest = {
    dir: directory(dir, context.io.cwd),
    channel: options.channel,
    message: options.message,
    lifetimeMs: options.expires,
    dryRun: options.dryRun === true,
    checksum: options.checksum === true,
    waves: options.wave ?? [],
  }
  const seeding = !request.dryRun && options.seedUntil > 0
  const control = await context.control(seeding ? () => ownAgent(context, options) : undefined)
  const { warnings, changes, proposal, waves: reach, ...result } = await publishThrough(context, control, request)
  for (const warning of warnings) context.note(`warning: ${warning}`)
  const verb = request.dryRun ? 'would publish' : proposal === null ? 'published' : 'proposed'
  context.print(
    {
      ...result,
      ...(changes === null ? {} : { changes }),
      ...(reach === null ? {} : { waves: reach }),
      ...(proposal === null ? {} : { proposal }),
    },
    () =>
      `${verb} ${result.channel}@${result.sequence}  ${result.manifest}\n` +
      `${result.entries} entries, ${formatSize(result.bytes)}; new ${formatSize(result.newBytes)}, deltas ${formatSize(result.deltaBytes)}\n${changes === null ? '' : changeLines(changes)}${reach === null ? '' : reachLines(reach)}${proposal === null ? '' : waitingLines(proposal)}`,
  )
  // A running agent goes on serving by itself.
  if (seeding && !control.live && proposal === null) await seed(context, control, result, options.seedUntil)
}

/** What a dry run found out, for people. */
function changeLines({ added, changed, removed, groups, maxWindowMs, watched, atRisk }: ReleaseChanges): string {
  const lines = [
    `against the head: ${plural(added, 'path')} added, ${changed} changed, ${removed} removed; ${watched} of them watched`,
    ...groups.map(({ name, paths }) => `group ${printable(name)}: ${plural(paths, 'path')}`),
    ...(maxWindowMs === null ? [] : [`window of a commit: at most ${formatDuration(maxWindowMs)}`]),
  ]
  if (atRisk !== null) {
    lines.push(
      atRisk.length === 0
        ? 'no process of this host that can be looked at would run on what is replaced'
        : 'processes of this host that would run on what is replaced:',
      ...atRisk.map((process) => `  ${processLine(process)}`),
    )
  }
  return lines.map((line) => `${line}\n`).join('')
}

async function publishThrough(
  context: CommandContext,
  control: OpenedControl,
  request: PublishRequest,
): Promise<PublishResult> {
  const events = control.stream('publish', request, { signal: context.signal })
  for (;;) {
    const step = await events.next()
    if (step.done === true) return step.value
    context.progress.show(step.value.phase, progressLine(step.value))
  }
}

/** `store  812 of 2,400 files  120 MiB of 1.2 GiB  210 MiB/s  5s left`; what is not known is left out. */
export function progressLine(at: PublishProgress): string {
  const of = (done: string, total: string | undefined): string => (total === undefined ? done : `${done} of ${total}`)
  const parts = [
    at.phase,
    `${of(String(at.files), at.totalFiles?.toString())} files`,
    of(formatSize(at.bytes), at.totalBytes === null ? undefined : formatSize(at.totalBytes)),
  ]
  if (at.bytesPerSecond !== null) parts.push(`${formatSize(at.bytesPerSecond)}/s`)
  if (at.etaSeconds !== null) parts.push(`${formatDuration(Math.ceil(at.etaSeconds) * 1000)} left`)
  return parts.join('  ')
}
