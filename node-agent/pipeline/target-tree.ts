import { lstat, mkdir } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { isShoalError, parseTreePath, ShoalError, toByteString, type TreePath } from '../../protocol/index.ts'
import type { TargetRow } from '../../protocol/control/index.ts'
import { listRetained, liveTree, type Retained } from '../commit/index.ts'
import { openTreeRoot, type TreeRoot } from '../fs/index.ts'
import { type Area, areaBeside, ensureArea, INSIDE } from '../stage/index.ts'

/** A place where Shoal keeps what it puts near the target. */
export interface Nearby {
  readonly root: TreeRoot
  readonly area: Area
}

/** What is retained, and where. */
export interface RetainedAt extends Nearby {
  readonly retained: Retained
}

/**
 * One target's directories, opened: the live tree, the directory that holds it, and Shoal's areas in and beside it. A target that was changed
 * from one strategy to another may have both.
 */
export class TargetTree {
  readonly target: TargetRow
  /** The directory that holds the live tree; undefined where that is of no use: the live tree is `/`, or this process may not read it. */
  readonly #near: TreeRoot | undefined
  /** The live tree's name in `near`. */
  readonly name: TreePath
  readonly beside: Area
  /** The live tree; undefined while there is none. */
  live: TreeRoot | undefined

  private constructor(target: TargetRow, near: TreeRoot | undefined) {
    this.target = target
    this.#near = near
    this.name = parseTreePath(toByteString(Buffer.from(basename(target.root))))
    this.beside = areaBeside(this.name)
  }

  /**
   * Opens what is there. A target that is changed in place gets its root made, in an existing directory.
   * @throws TARGET_ROOT_INVALID, TARGET_READ_ONLY, KERNEL_UNSUPPORTED, FILE_SYSTEM
   */
  static async open(target: TargetRow): Promise<TargetTree> {
    if (target.root === '/' && target.strategy !== 'in-place') {
      throw new ShoalError('TARGET_ROOT_INVALID', '/ cannot be replaced as a whole; use the strategy in-place')
    }
    if (target.strategy === 'in-place') await createRoot(target.root)
    const near = openNear(target)
    try {
      const tree = new TargetTree(target, near)
      tree.reopen()
      return tree
    } catch (err) {
      near?.close()
      throw err
    }
  }

  /** The directory that holds the live tree. Only for trees that are replaced as a whole. */
  get near(): TreeRoot {
    if (this.#near === undefined) throw new TypeError('what holds this tree is not open')
    return this.#near
  }

  #liveTree() {
    return this.#near === undefined ? undefined : liveTree({ near: this.#near, area: this.beside, name: this.name })
  }

  /** After a switch the live tree is another directory. */
  reopen(): void {
    this.live?.close()
    this.live = undefined
    if (this.#near === undefined || this.#liveTree() !== undefined) this.live = openTreeRoot(this.target.root)
  }

  /** The live tree's path beneath `near`: itself, or the generation that its symlink names; undefined while there is none. */
  livePath(): TreePath | undefined {
    return this.#liveTree()?.tree
  }

  /** The live tree is a symlink to a generation. */
  get isSymlink(): boolean {
    return this.#near?.lstat(this.name)?.kind === 'symlink'
  }

  /** The commit at hand replaces the whole tree: the strategy says so, or it turns a symlink back into a directory. */
  get replacesWhole(): boolean {
    return this.target.strategy !== 'in-place' || this.isSymlink
  }

  /** The live tree has another form than the strategy wants, whatever its release. */
  get needsConversion(): boolean {
    return this.live !== undefined && this.isSymlink !== (this.target.strategy === 'generations')
  }

  /** Makes the area that the next commit uses. */
  ensureArea(): Nearby {
    if (this.replacesWhole) {
      ensureArea(this.near, this.beside, { othersPass: this.target.strategy === 'generations' })
      return { root: this.near, area: this.beside }
    }
    if (this.live === undefined) throw new TypeError('a tree that is changed in place is open')
    ensureArea(this.live)
    return { root: this.live, area: INSIDE }
  }

  /** Areas that are there. */
  areas(): readonly Nearby[] {
    const found: Nearby[] = []
    if (this.live?.lstat(INSIDE.top) !== undefined && !this.isSymlink) found.push({ root: this.live, area: INSIDE })
    if (this.#near?.lstat(this.beside.top) !== undefined) found.push({ root: this.#near, area: this.beside })
    return found
  }

  /** What commits displaced and is still there, newest first. */
  retained(): readonly RetainedAt[] {
    const live = this.livePath()
    return this.areas()
      .flatMap((at) => listRetained(at.root, at.area, live).map((retained) => ({ ...at, retained })))
      .toSorted((a, b) => b.retained.atMs - a.retained.atMs)
  }

  close(): void {
    this.live?.close()
    this.live = undefined
    this.#near?.close()
  }
}

/** Key of a retained folder in the index of chunks. */
export const retainedKey = (channel: string, { area, retained }: Pick<RetainedAt, 'area' | 'retained'>): string =>
  `${channel}~${area === INSIDE ? 'in' : 'by'}~${retained.path.slice(area.top.length + 1)}`

/** @throws FILE_SYSTEM when a tree that is replaced as a whole lies where this process may not look */
function openNear({ root, strategy }: TargetRow): TreeRoot | undefined {
  if (root === '/') return undefined
  try {
    return openTreeRoot(dirname(root))
  } catch (err) {
    if (strategy === 'in-place' && isShoalError(err, 'FILE_SYSTEM')) return undefined
    throw err
  }
}

/** A root that is not there yet is made, in an existing directory. @throws TARGET_ROOT_INVALID, TARGET_READ_ONLY */
async function createRoot(root: string): Promise<void> {
  try {
    const stat = await lstat(root)
    if (stat.isDirectory() || stat.isSymbolicLink()) return
  } catch (err) {
    const code = err instanceof Error && 'code' in err ? err.code : undefined
    if (code !== 'ENOENT') throw new ShoalError('TARGET_ROOT_INVALID', `${root}: ${String(code)}`, { cause: err })
    try {
      await mkdir(root, { mode: 0o755 })
      return
    } catch (cause) {
      const why = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
      throw new ShoalError(
        why === 'EROFS' ? 'TARGET_READ_ONLY' : 'TARGET_ROOT_INVALID',
        `cannot make ${root}: ${why}`,
        { cause },
      )
    }
  }
  throw new ShoalError('TARGET_ROOT_INVALID', `${root} is not a directory; nothing was changed`)
}
