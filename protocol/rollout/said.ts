import type { Digest, PublicKey } from '../ids/index.ts'
import type { RecordOf } from '../records/index.ts'

/** What publishers have said of one release, taken together. */
export interface Said {
  /** Waves from `fromWave` on begin no commit. */
  readonly paused: SaidPause | undefined
  /** Waves up to `wave` are open whatever their gates say. */
  readonly promoted: SaidPromote | undefined
}

interface SaidBase {
  /** Public key that signed it. */
  readonly by: string
  readonly atMs: number
  readonly message: string
}
export interface SaidPause extends SaidBase {
  readonly fromWave: number
}
export interface SaidPromote extends SaidBase {
  readonly wave: number
}

/**
 * Takes the words of all publishers on one release together (ROLLOUT-8): the newest on pausing by their order, of equals the one that pauses; the
 * furthest promotion. The result does not depend on the order in which they came.
 */
export function takeTogether(controls: readonly RecordOf<'control'>[], head: Digest): Said {
  const own = controls.filter(({ body }) => body.head === head)
  const pauses = own.map(({ key, body }) => ({ by: signerOf(key), ...body.pause })).filter(({ order }) => order > 0)
  const newest = pauses.toSorted((a, b) => b.order - a.order || pausing(b) - pausing(a) || (a.by < b.by ? -1 : 1))[0]
  const promotes = own.map(({ key, body }) => ({ by: signerOf(key), ...body.promote })).filter(({ wave }) => wave > 0)
  const furthest = promotes.toSorted((a, b) => b.wave - a.wave || a.atMs - b.atMs || (a.by < b.by ? -1 : 1))[0]
  return { paused: newest !== undefined && newest.fromWave > 0 ? newest : undefined, promoted: furthest }
}

/** How much a word pauses: the earlier the wave, the more. */
const pausing = ({ fromWave }: { readonly fromWave: number }): number => (fromWave === 0 ? 0 : 1 / fromWave)

/** Order that a new word needs to hold against all those. */
export const nextOrder = (controls: readonly RecordOf<'control'>[], head: Digest): number =>
  Math.max(0, ...controls.filter(({ body }) => body.head === head).map(({ body }) => body.pause.order)) + 1

/** Slot key of one publisher's words on a channel. */
export const controlKey = (channel: string, publisher: PublicKey): string => `${channel}.${publisher}`

export const channelOfControl = (key: string): string => key.slice(0, key.lastIndexOf('.'))
export const signerOf = (key: string): string => key.slice(key.lastIndexOf('.') + 1)
