import { DEFAULTS } from '../../config/index.ts'
import { type AddCommand, define } from '../command.ts'
import { usage } from '../text.ts'
import { directory, whole } from '../values.ts'

interface Options {
  readonly hosts: number
  readonly sites: number
  readonly keep?: boolean
  readonly trees?: readonly string[]
}

export const demo: AddCommand = (parent, { action }) => {
  define(
    parent,
    'demo',
    'a whole mesh on this machine with a real tree, from nothing to proof',
    'demo --hosts 5 --sites 2',
  )
    .option('--hosts <count>', 'hosts, each a process', whole(2, 50), DEFAULTS.demoHosts)
    .option('--sites <count>', 'sites that they are spread over', whole(1, 50), DEFAULTS.demoSites)
    .option('--keep', 'leave the mesh behind, and say where')
    .option('--trees <dirs...>', 'two directories, OLD and NEW, to publish instead of the built-in pair')
    .action(
      action(async (context, options: Options) => {
        const { io, json, signal } = context
        if (options.sites > options.hosts) throw usage('--sites cannot exceed --hosts')
        const [older, newer, ...more] = (options.trees ?? []).map((dir) => directory(dir, io.cwd))
        if (options.trees !== undefined && (older === undefined || newer === undefined || more.length > 0)) {
          throw usage('--trees needs two directories, OLD and NEW')
        }
        const { runDemo } = await context.seams.demo()
        await runDemo({
          hosts: options.hosts,
          sites: options.sites,
          keep: options.keep === true,
          trees: older === undefined || newer === undefined ? undefined : [older, newer],
          json,
          program: io.program,
          node: io.node,
          signal,
          stdout: (text) => io.stdout.write(text),
          stderr: (text) => io.stderr.write(text),
        })
      }),
    )
}
