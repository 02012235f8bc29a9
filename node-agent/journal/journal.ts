import * as cbor from '@ipld/dag-cbor'
import { z } from 'zod'
import {
  type ChannelName,
  fromByteString,
  parseTreePath,
  ShoalError,
  toByteString,
  type TreePath,
} from '../../protocol/index.ts'
import type { Store } from '../store/index.ts'

/** As CommitOp of the plan. */
const STEP_KINDS = ['place', 'link', 'move', 'exchange', 'replace', 'retain'] as const
export type StepKind = (typeof STEP_KINDS)[number]

/** One step of a journaled commit: what to do, and the inodes by which recovery knows whether it was done. */
export interface JournalStep {
  readonly op: StepKind
  readonly path: TreePath
  /** Where the new inode is staged, or where the displaced one goes. */
  readonly aside: TreePath
  /** Where what is replaced got a further name before; `''` unless the step is a replace. */
  readonly saved: TreePath
  /** Inode number that stands at `path` once the step is done; 0 for retain: nothing. */
  readonly inode: bigint
  /** Inode number that stands at `path` before; 0 where nothing does. */
  readonly before: bigint
  readonly keep: boolean
  /** Its consistency group; `''` for none. */
  readonly group: string
}

/** A commit that was about to happen, complete enough to be finished by another process after a power cut. */
export interface Intent {
  readonly channel: ChannelName
  readonly root: string
  readonly sequence: number
  /** Hex digest of the manifest. */
  readonly manifest: string
  /** Manifest entries whose metadata is set last. */
  readonly afterwards: readonly number[]
  /** Folder for what the commit displaces. */
  readonly retained: TreePath
  readonly steps: readonly JournalStep[]
}

const bytes = z.instanceof(Uint8Array)
const schema = z.strictObject({
  channel: z.string(),
  root: z.string(),
  sequence: z.number().int().positive(),
  manifest: z.string(),
  afterwards: z.array(z.number().int().nonnegative()),
  retained: bytes,
  steps: z.array(z.tuple([z.enum(STEP_KINDS), bytes, bytes, bytes, z.string(), z.string(), z.boolean(), z.string()])),
})

/** Intents of commits in Level, at most one a channel, written with a sync before the first visible step. */
export class Journal {
  readonly #store: Store
  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store
  }

  /** Durable when it resolves. */
  async begin(intent: Intent): Promise<void> {
    const steps = intent.steps.map((s) => [
      s.op,
      fromByteString(s.path),
      fromByteString(s.aside),
      fromByteString(s.saved),
      String(s.inode),
      String(s.before),
      s.keep,
      s.group,
    ])
    await this.#write(intent.channel, cbor.encode({ ...intent, retained: fromByteString(intent.retained), steps }))
  }

  /** The commit is finished or undone. */
  end(channel: ChannelName): Promise<void> {
    return this.#write(channel, undefined)
  }

  /** The intent that a crash left, undefined when none. @throws JOURNAL_CORRUPT */
  async pending(channel: ChannelName): Promise<Intent | undefined> {
    const value = await this.#store.journal.get(channel)
    if (value === undefined) return undefined
    try {
      const { steps, retained, ...rest } = schema.parse(cbor.decode(value))
      return {
        ...rest,
        channel,
        retained: parseTreePath(toByteString(retained)),
        steps: steps.map(([op, path, aside, saved, inode, before, keep, group]) => ({
          op,
          path: parseTreePath(toByteString(path)),
          aside: parseTreePath(toByteString(aside)),
          saved: parseTreePath(toByteString(saved)),
          inode: BigInt(inode),
          before: BigInt(before),
          keep,
          group,
        })),
      }
    } catch (err) {
      throw new ShoalError('JOURNAL_CORRUPT', `the journal of ${channel} cannot be read; its tree was left as it is`, {
        cause: err,
      })
    }
  }

  #write(channel: ChannelName, value: Uint8Array | undefined): Promise<void> {
    return this.#store.write([{ in: this.#store.journal, key: channel, value }], { sync: true })
  }
}
