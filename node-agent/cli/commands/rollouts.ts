import type { RolloutChanged } from '../../../protocol/control/index.ts'
import { type AddCommand, define } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { openWords, rolloutLines } from '../rollout-text.ts'
import { printable, usage } from '../text.ts'
import { channel, wave } from '../values.ts'

interface Options {
  readonly wave?: number
  readonly message: string
}

/** Told to the mesh, not waited for: hosts act on it as it reaches them. */
function print(context: CommandContext, said: string, { channel: name, rollout }: RolloutChanged): void {
  context.print(
    { channel: name, rollout },
    () => `${said} ${printable(name)}@${rollout.sequence}${openWords(rollout)}\n${rolloutLines(rollout)}`,
  )
}

export const pause: AddCommand = (parent, { action }) => {
  define(
    parent,
    'pause <channel>',
    'have no host begin to commit the newest release; commits that have begun are finished',
    'pause web --message "errors in oslo"',
  )
    .option('--wave <number>', 'only waves from this one on', wave)
    .option('--message <text>', 'why', '')
    .action(
      action(async (context, name: string, { wave: fromWave, message }: Options) => {
        const control = await context.control()
        const request = { channel: channel(name), fromWave: fromWave ?? null, message }
        print(context, 'paused', await control.call('pause', request, { signal: context.signal }))
      }),
    )
}

export const resume: AddCommand = (parent, { action }) => {
  define(parent, 'resume <channel>', 'go on with what was paused', 'resume web')
    .option('--wave <number>', 'only waves up to this one; those after it stay paused', wave)
    .option('--message <text>', 'why', '')
    .action(
      action(async (context, name: string, { wave: throughWave, message }: Options) => {
        const control = await context.control()
        const request = { channel: channel(name), throughWave: throughWave ?? null, message }
        print(context, 'resumed', await control.call('resume', request, { signal: context.signal }))
      }),
    )
}

/** Number of a wave, or all of them. */
const waveOrAll = (text: string): number | 'all' => {
  if (text === 'all') return 'all'
  try {
    return wave(text)
  } catch {
    throw usage(`${JSON.stringify(text)} is neither the number of a wave nor all`)
  }
}

export const promote: AddCommand = (parent, { action }) => {
  define(
    parent,
    'promote <channel>',
    'let the next wave of the newest release go, whatever it waits for',
    'promote web --wave 2',
  )
    .option('--wave <number>', 'waves up to this one, or all', waveOrAll)
    .option('--message <text>', 'why', '')
    .action(
      action(async (context, name: string, options: { readonly wave?: number | 'all'; readonly message: string }) => {
        const control = await context.control()
        const request = { channel: channel(name), wave: options.wave ?? ('next' as const), message: options.message }
        print(context, 'promoted', await control.call('promote', request, { signal: context.signal }))
      }),
    )
}
