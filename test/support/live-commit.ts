import * as fs from 'node:fs'
import { join } from 'node:path'
import {
  applyTest,
  memoryJournal,
  prepareCommit,
  releaseOf,
  type TestRelease,
  type TreeSpec,
  unsyncedRoot,
  writeTree,
} from './live-tree.ts'
import { tempDir } from './temp-dir.ts'

/** A live tree of plain files, and the releases committed to it one after another. */
export class Live {
  readonly top: string
  readonly live: string
  readonly journal = memoryJournal()
  readonly root: ReturnType<typeof unsyncedRoot>
  #sequence = 0
  #releases = 0
  #committed: TestRelease | undefined

  constructor(top: string) {
    this.top = top
    this.live = join(top, 'live')
    fs.mkdirSync(this.live)
    this.root = unsyncedRoot(this.live)
  }

  async release(spec: TreeSpec): Promise<TestRelease> {
    const source = join(this.top, `release-${++this.#releases}`)
    writeTree(source, spec)
    return releaseOf(source)
  }

  /** What a commit of `next` now would be given. */
  test(next: TestRelease, sequence = this.#sequence + 1) {
    return { root: this.root, journal: this.journal, sequence, next, previous: this.#committed }
  }

  async apply(spec: TreeSpec, sequence = this.#sequence + 1): Promise<TestRelease> {
    const next = await this.release(spec)
    await applyTest(this.test(next, sequence))
    this.#sequence = sequence
    this.#committed = next
    return next
  }

  async ops(spec: TreeSpec): Promise<readonly string[]> {
    const { plan } = await prepareCommit(this.test(await this.release(spec)))
    return plan.ops.map(({ op, path }) => `${op} ${path}`)
  }

  read(path: string): string {
    return fs.readFileSync(join(this.live, path), 'utf8')
  }

  write(path: string, text: string): void {
    fs.writeFileSync(join(this.live, path), text)
  }

  /** Texts of everything that is kept for good. */
  kept(): readonly string[] {
    const kept = join(this.live, '.shoal/kept')
    const names = fs.readdirSync(kept, { recursive: true, encoding: 'utf8' }).map((name) => join(kept, name))
    return names.filter((name) => fs.statSync(name).isFile()).map((name) => fs.readFileSync(name, 'utf8'))
  }
}

/** A live tree in a folder of its own. */
export const openLive = async (): Promise<Live> => new Live(await tempDir())
