import type { ChannelName, Digest, ManifestReading } from '../../protocol/index.ts'
import type { Caller, PreviewItem } from '../../protocol/control/index.ts'
import { openTreeRoot } from '../fs/index.ts'
import { loadStatRecord, Pacer, statRecordPath } from '../scan/index.ts'
import { type Base, type Head, openBase } from './base.ts'
import { type FolderLook, lookAtFolder } from './folder-look.ts'
import { PREVIEW_LIMITS } from './limits.ts'
import { exclusion } from './selection.ts'
import { Slots } from './slots.ts'
import { stampsOf } from './stamps.ts'
import { Tickets } from './tickets.ts'
import { Walked } from './walked.ts'

export interface PreviewsDeps {
  readonly manifests: { open(id: Digest): Promise<ManifestReading | undefined> }
  readonly clock: { now(): number }
  /** Absolute path of the home, where publishing keeps what it learned of folders. */
  readonly home: string
}

export interface PreviewAsked {
  readonly caller: Caller
  /** Real path of the folder. */
  readonly dir: string
  readonly channel: ChannelName
  /** The channel's newest release. */
  readonly head: Head | undefined
  readonly exclude: readonly string[]
  readonly signal: AbortSignal
}

/** The outcome of looking at a folder. `ticket` undefined: something in it stops a release. */
export interface Preview extends FolderLook {
  readonly base: Base
  readonly ticket: { readonly ticket: string; readonly expiresMs: number } | undefined
}

/** The last walk over a folder, for its caller to leave out more of what it was shown. */
interface Kept {
  readonly dir: string
  readonly walked: Walked
  readonly exclude: readonly string[]
  readonly atMs: number
}

/** Looks at folders for callers, and remembers what each was shown. */
export class Previews {
  readonly tickets: Tickets
  readonly #deps: PreviewsDeps
  readonly #slots = new Slots(PREVIEW_LIMITS.atOnce)
  readonly #kept = new WeakMap<Caller, Kept>()

  constructor(deps: PreviewsDeps) {
    this.#deps = deps
    this.tickets = new Tickets({ now: () => deps.clock.now() })
  }

  /** As lookAtFolder; what it ends with can be published by its ticket. A folder that was walked a moment ago is not walked again to leave out more of it (PREV-3). */
  async *look(asked: PreviewAsked): AsyncGenerator<PreviewItem, Preview, undefined> {
    // A wrong glob is refused before anything is read.
    exclusion(asked.exclude)
    const leave = await this.#slots.take(asked.signal)
    try {
      return yield* this.#look(asked)
    } finally {
      leave()
    }
  }

  async *#look({
    caller,
    dir,
    channel,
    head,
    exclude,
    signal,
  }: PreviewAsked): AsyncGenerator<PreviewItem, Preview, undefined> {
    const { manifests, clock, home } = this.#deps
    const readings = new Set<ManifestReading>()
    const open = async (id: Digest): Promise<ManifestReading | undefined> => {
      const reading = await manifests.open(id)
      if (reading !== undefined) readings.add(reading)
      return reading
    }
    const root = openTreeRoot(dir)
    try {
      const base = await openBase(channel, head, open)
      const kept = this.#keptOf(caller, dir)
      const isWalked = kept !== undefined && leavesOutMore(exclude, kept.exclude)
      const cache = kept?.walked.cache ?? (await loadStatRecord(statRecordPath(home, dir), open))
      const walked = isWalked ? kept.walked : new Walked(cache)
      this.#kept.delete(caller)
      const now = (): number => clock.now()
      const look = yield* lookAtFolder({ root, walked, isWalked, base, readings, exclude, now, signal })
      if (walked.stats.size <= PREVIEW_LIMITS.walkEntries) {
        this.#kept.set(caller, { dir, walked, exclude, atMs: isWalked ? kept.atMs : clock.now() })
      }
      const { manifest, difference, warnings } = look
      const isStopped = warnings.some(({ severity }) => severity === 'stops')
      const previewed = {
        ...{ dir, manifest, cache, releaseFile: walked.releaseFile },
        base: { channel, sequence: base.sequence, id: base.id },
        isOut: exclusion(exclude),
        stamps: await new Pacer(signal).steps(stampsOf(manifest, walked.stats)),
        origins: new Map(difference.rows.flatMap(({ path, from }) => (from === null ? [] : [[path, from]]))),
      }
      return { ...look, base, ticket: isStopped ? undefined : this.tickets.issue(caller, previewed) }
    } finally {
      root.close()
    }
  }

  #keptOf(caller: Caller, dir: string): Kept | undefined {
    const kept = this.#kept.get(caller)
    if (kept === undefined || kept.dir !== dir) return undefined
    return this.#deps.clock.now() - kept.atMs > PREVIEW_LIMITS.walkMs ? undefined : kept
  }
}

/** Only then is it a second thought about the same picture: whoever asks for anything else wants to see the folder as it is now. */
const leavesOutMore = (globs: readonly string[], before: readonly string[]): boolean =>
  globs.length > before.length && before.every((glob) => globs.includes(glob))
