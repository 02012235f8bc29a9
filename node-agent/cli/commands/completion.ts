import { Argument } from 'commander'
import { type AddCommand, define } from '../command.ts'

export const completion: AddCommand = (parent, { io, action }) => {
  define(
    parent,
    'completion',
    'print a completion script for a shell',
    'completion bash > /etc/bash_completion.d/shoal',
  )
    .addArgument(new Argument('<shell>', 'bash or zsh').choices(['bash', 'zsh']))
    .action(
      action(async (_context, shell: string) => {
        const { bashScript, zshScript } = await import('../completion.ts')
        io.stdout.write(shell === 'bash' ? bashScript(parent) : zshScript(parent))
      }),
    )
}
