import { expect } from 'vitest'
import { rollForward } from '../../../node-agent/commit/index.ts'
import type { MemoryTree } from '../../support/memory-tree.ts'
import { type Event, type Model, MODEL_CHANNEL, modelJournal } from '../../support/model-commit.ts'
import { expectNew, expectNothingLost, liveWords } from './invariants.ts'

export interface Crash {
  /** How many of the events happened. */
  readonly index: number
  /** Picks what of the operations after the last sync reached the disk, and in which order; undefined: all did, as after a crash of the process alone. */
  readonly loss: number | undefined
}

/** A disk as a crash left it. */
export interface Crashed {
  readonly fs: MemoryTree
  readonly journal: Uint8Array | undefined
}

/** Everything up to the last sync is there, and every write of the journal; of what came since, what the crash picks. */
export function crash(base: MemoryTree, events: readonly Event[], { index, loss }: Crash): Crashed {
  const seen = events.slice(0, index)
  const synced =
    loss === undefined ? seen.length : seen.findLastIndex((e) => 'operation' in e && e.operation[0] === 'sync') + 1
  const fs = base.clone()
  let journal: Uint8Array | undefined
  const volatile: Event[] = []
  for (const [i, event] of seen.entries()) {
    if ('journal' in event) ({ journal } = event)
    else if (i < synced) fs.replay(event.operation)
    else volatile.push(event)
  }
  let random = (loss ?? 0) % 2 ** 31
  const next = (): number => (random = (random * 1_103_515_245 + 12_345) % 2 ** 31) >> 8
  const order = volatile.map((event) => ({ event, rank: next() })).toSorted((a, b) => a.rank - b.rank)
  for (const { event } of order) if (next() % 3 > 0 && 'operation' in event) fs.replay(event.operation)
  return { fs, journal }
}

/** Recovers as a restarted agent does. @returns whether a commit was pending */
export async function recover(model: Model, { fs, journal: value }: Crashed): Promise<boolean> {
  fs.newStamps = model.tree.newStamps
  const journal = modelJournal(value, () => undefined)
  const intent = await journal.pending(MODEL_CHANNEL)
  if (intent === undefined) return false
  await rollForward({ root: fs, journal, now: () => 0 }, intent, model.next)
  return true
}

/** I6: recovers, and the tree is exactly the old or the new one; I5, I7: nothing is lost. @param ended the journal had ended when the crash came */
export async function expectRecovers(model: Model, base: MemoryTree, crashed: Crashed, ended: boolean): Promise<void> {
  const before = liveWords(base)
  const pending = await recover(model, crashed)
  if (pending || ended) expectNew(model, crashed.fs, before)
  else expect(liveWords(crashed.fs)).toEqual(before)
  expectNothingLost(model, base, crashed.fs)
}
