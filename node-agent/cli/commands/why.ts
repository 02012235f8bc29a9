import { ShoalError } from '../../../protocol/errors/index.ts'
import { explain, type Why } from '../../../protocol/status/index.ts'
import { formatDuration } from '../../config/index.ts'
import { type AddCommand, define } from '../command.ts'
import { printable } from '../text.ts'
import { channel } from '../values.ts'

export const why: AddCommand = (parent, { action }) => {
  define(parent, 'why <host>', 'why a host is not at the head, with the evidence', 'why oslo-1')
    .option('--channel <name>', 'only this channel', channel)
    .action(
      action(async (context, host: string, options: { readonly channel?: string }) => {
        const control = await context.control()
        const { channels } = await control.call('status', {}, { signal: context.signal })
        const reasons = channels
          .filter(({ name }) => options.channel === undefined || name === options.channel)
          .flatMap((view) => view.states.filter((state) => state.host === host).map((state) => explain(view, state)))
        if (reasons.length === 0) {
          const what = options.channel === undefined ? 'a target' : `a target of channel ${options.channel}`
          throw new ShoalError('NO_SUCH_HOST', `no host ${host} with ${what} has reported to this node`)
        }
        context.print({ reasons }, () => reasons.map(lineOf).join(''))
      }),
    )
}

const lineOf = ({ channel: name, site, host, reason, text, ageSeconds }: Why): string =>
  `${name}  ${host} at ${printable(site)}  ${reason}: ${printable(text)}; its word is ${formatDuration(ageSeconds * 1000)} old\n`
