import type { Command } from './shortcuts.ts'

/** Who does what a key asks for: the last one that came, which is the innermost part of the page. */
export interface CommandBoard {
  on(command: Command, run: () => void): () => void
  /** False when nobody does it here. */
  tell(command: Command): boolean
}

export function createCommandBoard(): CommandBoard {
  const takers = new Map<Command, (() => void)[]>()
  return {
    on: (command, run) => {
      takers.set(command, [...(takers.get(command) ?? []), run])
      return () =>
        takers.set(
          command,
          (takers.get(command) ?? []).filter((taker) => taker !== run),
        )
    },
    tell: (command) => {
      const taker = takers.get(command)?.at(-1)
      taker?.()
      return taker !== undefined
    },
  }
}
