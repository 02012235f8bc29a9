import { quotePath, ShoalError, type TreePath } from '../../protocol/index.ts'
import type { CommitInput, CommitOp } from './types.ts'

/** Paths named in a message. */
const MAX_NAMED = 10

/**
 * Says the steps in the calls that the file system has (COMMIT-20). Without exchange, files and links are replaced by a plain rename, after what they replace
 * got a further name out of sight; without refusal, new files get a further name and new directories a plain rename.
 * @throws KERNEL_UNSUPPORTED where no call would leave a path without a moment of absence, or without its old inode: nothing was changed
 */
export function weaken(
  ops: readonly CommitOp[],
  { capabilities, next, observed }: CommitInput,
): { readonly ops: readonly CommitOp[]; readonly weaker: readonly string[] } {
  const { exchange, noReplace, hardlinks } = capabilities
  if (exchange && noReplace) return { ops, weaker: [] }
  const kinds = new Map(next.entries.map(({ path, kind }) => [path, kind]))
  const isDirectory = (path: TreePath): boolean =>
    kinds.get(path) === 'directory' || observed.get(path)?.kind === 'directory'
  const changes = ops.filter((op) => op.op === 'exchange')
  if (!exchange) {
    refuse(
      changes.filter(({ path }) => isDirectory(path)).map((op) => op.path),
      'a directory and something else cannot change places',
    )
    if (!hardlinks)
      refuse(
        changes.map((op) => op.path),
        'neither an exchange nor a further name can keep the old inode',
      )
  }
  const weakened = ops.map((op): CommitOp => {
    if (op.op === 'exchange' && !exchange) return { ...op, op: 'replace' }
    if (op.op !== 'place' || noReplace) return op
    return { ...op, op: hardlinks && kinds.get(op.path) !== 'directory' ? 'link' : 'move' }
  })
  const weaker = [
    ...(exchange || changes.length === 0
      ? []
      : [
          'this file system cannot exchange names: a file that a local program replaces in the very moment of the commit is overwritten',
        ]),
    ...(noReplace || !weakened.some((op) => op.op === 'move')
      ? []
      : [
          'this file system cannot refuse to replace: an empty directory made in the very moment of the commit is replaced',
        ]),
  ]
  return { ops: weakened, weaker }
}

function refuse(paths: readonly TreePath[], why: string): void {
  if (paths.length === 0) return
  const names = paths.slice(0, MAX_NAMED).map(quotePath).join(', ')
  throw new ShoalError(
    'KERNEL_UNSUPPORTED',
    `this file system lacks a call that the commit needs: ${why}; for ${paths.length} paths: ${names}. Nothing was changed`,
  )
}
