import { effectLines, proposalsText, proposalText } from '../access-text.ts'
import { type AddCommand, define } from '../command.ts'
import { offlineUnlocked } from '../passphrase.ts'
import { proposalId } from '../values.ts'

interface Options {
  readonly instead?: true
  readonly dryRun?: true
}

export const approve: AddCommand = (parent, { action }) => {
  define(
    parent,
    'approve [proposal]',
    'sign a release or a change of keys that another holder proposed; without one, list what waits',
    'approve 3fa94c01d2e6b7a8',
  )
    .option('--instead', 'although a key of this home has signed another root of that version')
    .option('--dry-run', 'only show what it would do')
    .action(
      action(async (context, text: string | undefined, options: Options) => {
        const id = text === undefined ? undefined : proposalId(text)
        const control = await context.control()
        if (id === undefined) {
          const { proposals } = await control.call('access', {}, { signal: context.signal })
          return context.print(proposals, () => proposalsText(proposals))
        }
        const request = { id, instead: options.instead === true, dryRun: options.dryRun === true }
        const unlocked = await offlineUnlocked(context, control)
        const result = await unlocked.call('approve', request, { signal: context.signal })
        const what = result.done ? 'signed: it is in force' : request.dryRun ? 'nothing was signed' : 'signed'
        context.print(
          result,
          () =>
            `${what}\n${result.done ? '' : proposalText(result.proposal)}${result.effect === null ? '' : effectLines(result.effect)}`,
        )
      }),
    )
}
