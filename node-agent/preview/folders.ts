import { randomBytes } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { ShoalError } from '../../protocol/index.ts'
import { type Caller, CONTROL_LIMITS, type FolderRow, type Folders } from '../../protocol/control/index.ts'
import { PREVIEW_LIMITS } from './limits.ts'

export interface FoldersInit {
  /** Absolute paths of folders that every caller may choose in. */
  readonly roots: readonly string[]
}

/** A folder that a caller may name. */
interface Place {
  readonly row: FolderRow
  /** Real path of the root, or of the folder chosen in a dialog, that it must stay in. */
  readonly top: string
}

/** What one caller was given. */
interface Given {
  readonly byId: Map<string, Place>
  /** Ids by top and path. */
  readonly ids: Map<string, string>
}

/**
 * Folders by ids, for callers that must not name paths: those in the configured roots, and those that a person chose in a dialog. What an id stands for is
 * looked at again at every use, links resolved: outside of its root it is refused (PREV-1).
 */
export class FolderTable {
  readonly #init: FoldersInit
  readonly #given = new WeakMap<Caller, Given>()

  constructor(init: FoldersInit) {
    this.#init = init
  }

  /** Lets one caller name a folder that a person chose. @throws NO_SUCH_FOLDER when it is none */
  async grant(caller: Caller, path: string): Promise<FolderRow> {
    const real = await realFolder(path)
    if (real === undefined) throw missing()
    return this.#give(caller, { name: basename(real), path: real, top: real })
  }

  /** The roots (null), or what is in a folder. @throws NO_SUCH_FOLDER */
  async list(caller: Caller, folder: string | null): Promise<Folders> {
    if (folder === null) return this.#listRoots(caller)
    const { row, top } = await this.#find(caller, folder)
    const found = new Map<string, string>()
    for (const entry of await entriesIn(row.path)) {
      const real = await innerFolder(row.path, entry, top)
      // A link to its neighbour is not shown twice.
      if (real !== undefined && !found.has(real)) found.set(real, entry.name)
      if (found.size > CONTROL_LIMITS.folderRows) break
    }
    return {
      above: this.#above(caller, row.path, top),
      rows: [...found]
        .slice(0, CONTROL_LIMITS.folderRows)
        .map(([path, name]) => this.#give(caller, { name, path, top })),
      truncated: found.size > CONTROL_LIMITS.folderRows,
    }
  }

  /** Real path of a folder that the caller was given. @throws NO_SUCH_FOLDER */
  async resolve(caller: Caller, id: string): Promise<string> {
    return (await this.#find(caller, id)).row.path
  }

  async #listRoots(caller: Caller): Promise<Folders> {
    const chosen = [...(this.#given.get(caller)?.byId.values() ?? [])].filter(({ row, top }) => row.path === top)
    const rows = new Map(chosen.map(({ row }) => [row.path, row]))
    for (const root of this.#init.roots) {
      const real = await realFolder(root)
      if (real !== undefined) rows.set(real, this.#give(caller, { name: basename(real), path: real, top: real }))
    }
    const sorted = [...rows.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
    const { folderRows } = CONTROL_LIMITS
    return { above: [], rows: sorted.slice(0, folderRows), truncated: sorted.length > folderRows }
  }

  #above(caller: Caller, path: string, top: string): readonly FolderRow[] {
    const rows: FolderRow[] = []
    for (let at = path; ; at = dirname(at)) {
      rows.unshift(this.#give(caller, { name: basename(at), path: at, top }))
      if (at === top) return rows
    }
  }

  async #find(caller: Caller, id: string): Promise<Place> {
    const place = this.#given.get(caller)?.byId.get(id)
    const real = place === undefined ? undefined : await realFolder(place.row.path)
    // Somebody may have put a link in its place, or in the place of a folder above.
    if (place === undefined || real !== place.row.path || !isWithin(real, place.top)) throw missing()
    return place
  }

  /** The same folder keeps its id. */
  #give(caller: Caller, { name, path, top }: { readonly name: string; readonly path: string; readonly top: string }) {
    const given = this.#given.get(caller) ?? { byId: new Map(), ids: new Map() }
    this.#given.set(caller, given)
    const key = `${top}\0${path}`
    const known = given.byId.get(given.ids.get(key) ?? '')
    if (known !== undefined) return known.row
    const row: FolderRow = { id: randomBytes(ID_BYTES).toString('base64url'), name: name === '' ? '/' : name, path }
    given.byId.set(row.id, { row, top })
    given.ids.set(key, row.id)
    const [oldest] = given.byId
    if (given.byId.size > PREVIEW_LIMITS.foldersPerCaller && oldest !== undefined) {
      given.byId.delete(oldest[0])
      given.ids.delete(`${oldest[1].top}\0${oldest[1].row.path}`)
    }
    return row
  }
}

const ID_BYTES = 16

const missing = (): ShoalError =>
  new ShoalError(
    'NO_SUCH_FOLDER',
    'this folder is not there any more, or was not given to this window; choose it again',
  )

/** Real path of a directory; undefined for anything else, and where it has no name as text. */
async function realFolder(path: string): Promise<string | undefined> {
  const real = await realpath(path).catch(() => undefined)
  const found = real === undefined ? undefined : await stat(real).catch(() => undefined)
  return found?.isDirectory() === true ? real : undefined
}

/** Those whose names are text, by name. @throws NO_SUCH_FOLDER when it cannot be read */
async function entriesIn(path: string): Promise<readonly Dirent[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((cause: unknown) => {
    throw new ShoalError('NO_SUCH_FOLDER', `${path} cannot be read by the agent's user`, { cause })
  })
  return entries
    .filter(({ name }) => !name.includes('\ufffd'))
    .toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name)))
}

/** Real path of a folder in another one that does not leave `top`. */
async function innerFolder(path: string, entry: Dirent, top: string): Promise<string | undefined> {
  if (!entry.isDirectory() && !entry.isSymbolicLink()) return undefined
  const real = await realFolder(join(path, entry.name))
  return real !== undefined && isWithin(real, top) ? real : undefined
}

const isWithin = (path: string, top: string): boolean => {
  const way = relative(top, path)
  return way === '' || (way !== '..' && !way.startsWith('../') && !way.startsWith('/'))
}
