import type { Process, Use } from './process.ts'

export interface Holder {
  readonly process: Process
  readonly use: Use
}

/** Every process of this host that may be looked at, and the inodes that they use. */
export interface ProcessTable {
  readonly processes: readonly Process[]
  holders(device: bigint, inode: bigint): readonly Holder[]
  holds(device: bigint, inode: bigint): boolean
  /** Every process could be looked into. Without root, those of other users cannot. */
  readonly complete: boolean
}

/** Key of an inode in maps. */
export const inodeKey = (device: bigint, inode: bigint): string => `${device}:${inode}`

/** An inode that a process uses; without a device where the kernel does not tell which it is (`anywhere`). */
export interface InodeUse {
  readonly key: string | bigint
  readonly use: Use
}

/** Collects what processes use. */
export class TableBuilder {
  readonly #processes: Process[] = []
  readonly #byInode = new Map<string, Holder[]>()
  /** Mapped inodes of unknown device: taken for every inode of that number, for what is held must never be missed. */
  readonly #anywhere = new Map<bigint, Holder[]>()
  complete = true

  add(process: Process, uses: Iterable<InodeUse>): void {
    this.#processes.push(process)
    for (const { key, use } of uses) {
      if (typeof key === 'bigint') push(this.#anywhere, key, { process, use })
      else push(this.#byInode, key, { process, use })
    }
  }

  table(): ProcessTable {
    const holders = (device: bigint, inode: bigint): readonly Holder[] => [
      ...(this.#byInode.get(inodeKey(device, inode)) ?? []),
      ...(this.#anywhere.get(inode) ?? []),
    ]
    return {
      processes: this.#processes,
      holders,
      holds: (device, inode) => this.#byInode.has(inodeKey(device, inode)) || this.#anywhere.has(inode),
      complete: this.complete,
    }
  }
}

function push<K>(map: Map<K, Holder[]>, key: K, holder: Holder): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [holder])
  else list.push(holder)
}
