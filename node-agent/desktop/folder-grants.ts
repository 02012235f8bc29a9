import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { CONTROL_LIMITS, type FolderRow, type Folders } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/index.ts'

/** Folders that a person chose in the desktop's own dialog, and those below them: a window names them by ids, which nobody can guess (SEC-6). */
export class FolderGrants {
  readonly #rows = new Map<string, FolderRow>()
  readonly #chosen: FolderRow[] = []

  /** A chosen folder; choosing it again gives the same id. */
  grant(path: string): FolderRow {
    const row = this.#rowOf(path)
    if (!this.#chosen.includes(row)) this.#chosen.push(row)
    return row
  }

  /** @throws BAD_REQUEST for an id that was not given out here */
  pathOf(id: string): string {
    return this.#known(id).path
  }

  /** The chosen folders, or the folders in one of them. @throws BAD_REQUEST, SOURCE_INVALID */
  async list(id: string | null): Promise<Folders> {
    if (id === null) return { above: [], rows: this.#chosen, truncated: false }
    const folder = this.#known(id)
    const entries = await readdir(folder.path, { withFileTypes: true }).catch((cause: unknown) => {
      throw new ShoalError('SOURCE_INVALID', `${folder.path} cannot be read`, { cause })
    })
    // Links are left out: they may lead to what nobody chose.
    const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
    const rows = names.toSorted().slice(0, CONTROL_LIMITS.folderRows)
    return {
      above: [folder],
      rows: rows.map((name) => this.#rowOf(join(folder.path, name))),
      truncated: names.length > rows.length,
    }
  }

  #known(id: string): FolderRow {
    const row = this.#rows.get(id)
    if (row === undefined) throw new ShoalError('BAD_REQUEST', 'folder: nobody chose a folder of this id')
    return row
  }

  #rowOf(path: string): FolderRow {
    const known = [...this.#rows.values()].find((row) => row.path === path)
    const row = known ?? { id: randomBytes(16).toString('base64url'), name: basename(path), path }
    this.#rows.set(row.id, row)
    return row
  }
}
