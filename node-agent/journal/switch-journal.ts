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

/** A whole tree that was about to take the live tree's place, complete enough to be finished by another process after a power cut. */
export interface SwitchIntent {
  readonly channel: ChannelName
  /** Absolute path of the live tree, a byte string. */
  readonly root: string
  readonly strategy: 'swap' | 'generations'
  readonly sequence: number
  /** Hex digest of the manifest. */
  readonly manifest: string
  /** Where the inode stands that becomes live: the new tree (swap), or the symlink to it (generations). */
  readonly aside: TreePath
  readonly inode: bigint
  /** The new tree itself. */
  readonly tree: TreePath
  /** What is live before: nothing, a directory, or a symlink of an earlier generation and the tree that it names. */
  readonly before:
    | { readonly inode: bigint; readonly kind: 'directory' | 'symlink'; readonly tree: TreePath }
    | undefined
  /** Folder for a directory that the switch displaces. */
  readonly retained: TreePath
}

const bytes = z.instanceof(Uint8Array)
const path = bytes.transform((value) => parseTreePath(toByteString(value)))
const inode = z.string().transform(BigInt)
const schema = z.strictObject({
  channel: z.string(),
  root: z.string(),
  strategy: z.enum(['swap', 'generations']),
  sequence: z.number().int().positive(),
  manifest: z.string(),
  aside: path,
  inode,
  tree: path,
  before: z.strictObject({ inode, kind: z.enum(['directory', 'symlink']), tree: path }).nullable(),
  retained: path,
})

const keyOf = (channel: ChannelName): string => `switch!${channel}`

/** Intents of the strategies that replace the whole tree, at most one a channel, in Level. */
export class SwitchJournal {
  readonly #store: Store
  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store
  }

  /** Durable when it resolves. */
  begin(intent: SwitchIntent): Promise<void> {
    const { aside, tree, retained, before } = intent
    const value = {
      ...intent,
      inode: String(intent.inode),
      aside: fromByteString(aside),
      tree: fromByteString(tree),
      retained: fromByteString(retained),
      before:
        before === undefined ? null : { ...before, inode: String(before.inode), tree: fromByteString(before.tree) },
    }
    return this.#write(intent.channel, cbor.encode(value))
  }

  /** The commit is finished or undone. */
  end(channel: ChannelName): Promise<void> {
    return this.#write(channel, undefined)
  }

  /** The intent that a crash left, undefined when none. @throws JOURNAL_CORRUPT */
  async pending(channel: ChannelName): Promise<SwitchIntent | undefined> {
    const value = await this.#store.journal.get(keyOf(channel))
    if (value === undefined) return undefined
    try {
      const { before, ...rest } = schema.parse(cbor.decode(value))
      return { ...rest, channel, before: before ?? undefined }
    } catch (err) {
      throw new ShoalError('JOURNAL_CORRUPT', `the journal of ${channel} cannot be read; its tree was left as it is`, {
        cause: err,
      })
    }
  }

  #write(channel: ChannelName, value: Uint8Array | undefined): Promise<void> {
    return this.#store.write([{ in: this.#store.journal, key: keyOf(channel), value }], { sync: true })
  }
}
