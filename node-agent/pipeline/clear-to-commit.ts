import type { ShoalError } from '../../protocol/index.ts'
import type { Settler } from './settler.ts'
import type { Turn } from './turn.ts'

/**
 * Waits until a commit may begin: this host's turn has come, and nobody on it holds a lock; a pause may come while somebody does.
 * @returns what lets go of the locks. @throws as Turn.come, CANCELLED
 */
export async function clearToCommit(
  turn: Turn | undefined,
  settler: Pick<Settler, 'holdLocks'>,
  signal: AbortSignal,
  onHeld: (why: ShoalError) => void,
): Promise<() => void> {
  for (;;) {
    await turn?.come(signal, onHeld)
    const release = await settler.holdLocks(signal, onHeld)
    const hold = await turn?.hold().catch((err: unknown) => {
      release()
      throw err
    })
    if (hold === undefined) return release
    release()
  }
}
