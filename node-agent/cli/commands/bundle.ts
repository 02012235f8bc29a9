import { resolve } from 'node:path'
import type { BundleProgress, BundleResult } from '../../../protocol/control/index.ts'
import { formatSize } from '../../config/index.ts'
import { type AddCommand, define } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { plural, printable } from '../text.ts'
import { channel, many } from '../values.ts'

export const bundle: AddCommand = (parent, { action }) => {
  const group = define(parent, 'bundle', 'carry a channel on a stick', 'bundle import web.shoal')
  define(
    group,
    'export <file>',
    'write a channel to a file; goes on with an interrupted one',
    'bundle export web.shoal --channel web',
  )
    .requiredOption('--channel <name>', 'the channel', channel)
    .option('--for <site>', 'only what this site lacks; may be repeated', many)
    .action(
      action(async (context, file: string, options: { readonly channel: string; readonly for?: readonly string[] }) => {
        const request = { channel: options.channel, file: resolve(file), sites: options.for ?? [] }
        const control = await context.control()
        const result = await follow(
          context,
          'export',
          control.stream('bundleExport', request, { signal: context.signal }),
        )
        context.print(result, () => `exported ${lineOf(result)}`)
      }),
    )
  define(group, 'import <file>', 'take in a file, verified like the network', 'bundle import web.shoal').action(
    action(async (context, file: string) => {
      const control = await context.control()
      const request = { file: resolve(file) }
      const result = await follow(
        context,
        'import',
        control.stream('bundleImport', request, { signal: context.signal }),
      )
      context.print(result, () => `imported ${lineOf(result)}`)
    }),
  )
}

async function follow(
  context: CommandContext,
  verb: string,
  steps: AsyncGenerator<BundleProgress, BundleResult, undefined>,
): Promise<BundleResult> {
  for (;;) {
    const step = await steps.next()
    if (step.done === true) return step.value
    const { chunks, totalChunks, bytes, totalBytes } = step.value
    const share = `${chunks} of ${plural(totalChunks, 'chunk')}, ${formatSize(bytes)} of ${formatSize(totalBytes)}`
    context.progress.show(verb, `${verb}  ${share}`)
  }
}

const lineOf = ({ channel: name, sequence, file, chunks, bytes, reusedChunks }: BundleResult): string => {
  const reused = reusedChunks > 0 ? `, ${reusedChunks} of them there already` : ''
  return `${name}@${sequence}  ${printable(file)}\n${plural(chunks, 'chunk')}, ${formatSize(bytes)}${reused}\n`
}
