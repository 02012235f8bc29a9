import { join } from 'node:path'
import {
  type ChannelName,
  type Digest,
  type KeyPair,
  type PeerKey,
  parseChannelName,
  parseDigest,
  peerKeyOf,
  ShoalError,
  type ShoalRecord,
} from '../protocol/index.ts'
import type { HomeInit } from './cli/seams.ts'
import type { DeltaStep } from './delta/index.ts'
import { flockFile } from './fs/index.ts'
import { type Entered, Keyring, type MeshIdentity, readIdentity, readKey, writeIdentity } from './mesh/index.ts'
import { FolderTable } from './preview/folders.ts'
import { Rollouts } from './rollout/index.ts'
import {
  LiveIndex,
  ManifestStore,
  openStore,
  PackStore,
  RecordBook,
  type Store,
  TargetTable,
  writeJson,
} from './store/index.ts'

const PUBLISHED = 'published!'
const IMPORTED = 'imported!'

/** The mesh part of a home: there once it created or joined one. */
export interface MeshPart {
  readonly identity: MeshIdentity
  readonly hostKey: KeyPair
  readonly peer: PeerKey
  readonly book: RecordBook
  readonly rollouts: Rollouts
}

/** A home opened by this process alone: everything that needs no network. The agent and the offline command line both stand on it. */
export class Core {
  readonly init: HomeInit
  readonly store: Store
  readonly manifests: ManifestStore
  readonly packs: PackStore
  readonly live: LiveIndex
  readonly targets: TargetTable
  readonly folders: FolderTable
  readonly keyring: Keyring
  /** Deltas that were made on request: their pieces are in the packs. */
  made: readonly DeltaStep[] = []
  readonly #unlock: () => void
  #mesh: MeshPart | undefined
  #turn: Promise<void> = Promise.resolve()

  private constructor(init: HomeInit, store: Store, unlock: () => void) {
    this.init = init
    this.store = store
    this.#unlock = unlock
    this.manifests = new ManifestStore({ directory: join(init.home, 'manifests') })
    this.packs = new PackStore({ store }, { directory: join(init.home, 'packs') })
    this.live = new LiveIndex({ store })
    this.keyring = new Keyring(init.home, init.clock)
    this.targets = new TargetTable({ store }, { configured: init.config.targets })
    this.folders = new FolderTable({ roots: init.config.webRoots })
  }

  /** @throws HOME_IN_USE, STORE_CORRUPT */
  static async open(init: HomeInit): Promise<Core> {
    const unlock = flockFile(join(init.home, 'lock'))
    if (unlock === undefined) {
      throw new ShoalError('HOME_IN_USE', `another shoal process uses the home ${init.home}; nothing was changed`)
    }
    try {
      const core = new Core(init, await openStore(join(init.home, 'db')), unlock)
      await core.#load()
      return core
    } catch (err) {
      unlock()
      throw err
    }
  }

  async #load(): Promise<void> {
    try {
      await this.targets.load()
      const identity = await readIdentity(this.init.home)
      if (identity !== undefined) this.#mesh = await this.#openMesh(identity)
    } catch (err) {
      await this.store.close()
      throw err
    }
  }

  async #openMesh(identity: MeshIdentity): Promise<MeshPart> {
    const hostKey = await readKey(this.init.home, 'host')
    if (hostKey === undefined) throw new ShoalError('STORE_CORRUPT', 'the host key is missing from the home')
    const peer = peerKeyOf(hostKey.publicKey)
    const { mesh, rootFingerprint } = identity
    const enrols = (await this.keyring.list()).some(({ role }) => role === 'enroller')
    const book = new RecordBook(
      { store: this.store, clock: this.init.clock },
      { mesh, rootFingerprint, self: peer, enrols },
    )
    await book.load()
    const rollouts = new Rollouts({ store: this.store, book, clock: this.init.clock })
    return { identity, hostKey, peer, book, rollouts }
  }

  /** @throws NO_MESH before `mesh create` or `join` */
  get mesh(): MeshPart {
    if (this.#mesh === undefined) {
      throw new ShoalError(
        'NO_MESH',
        'this home belongs to no mesh yet; run `shoal mesh create NAME` or `shoal join TICKET`',
      )
    }
    return this.#mesh
  }

  get hasMesh(): boolean {
    return this.#mesh !== undefined
  }

  /**
   * Enters a mesh: records first, the identity last, so that a cut-off attempt can be repeated.
   * @throws HOME_HAS_MESH, and whatever refuses a record
   */
  enter(make: () => Promise<Entered>): Promise<{ readonly entered: Entered; readonly peer: PeerKey }> {
    // Two at once would write over each other's keys.
    return this.exclusively(() => this.#enter(make))
  }

  async #enter(make: () => Promise<Entered>): Promise<{ readonly entered: Entered; readonly peer: PeerKey }> {
    if (this.#mesh !== undefined) {
      const { name, mesh } = this.#mesh.identity
      throw new ShoalError(
        'HOME_HAS_MESH',
        `this home is already in mesh ${name} (${mesh}); use another --home. Nothing was changed`,
      )
    }
    const entered = await make()
    const mesh = await this.#openMesh(entered.identity)
    for (const bytes of entered.records) {
      const result = await mesh.book.offer(bytes)
      if (
        (result.outcome === 'rejected' || result.outcome === 'unjudged') &&
        result.error.code !== 'RECORD_EQUIVOCATION'
      ) {
        throw result.error
      }
    }
    await writeIdentity(this.init.home, entered.identity)
    this.#mesh = mesh
    return { entered, peer: mesh.peer }
  }

  /** Keeps a record that this node made. @throws what refuses it */
  async keep(record: ShoalRecord): Promise<void> {
    const result = await this.mesh.book.offer(record.bytes)
    if (result.outcome === 'rejected' || result.outcome === 'unjudged') throw result.error
  }

  /** All content of a manifest is in this home's packs. Durable when it resolves. */
  markPublished(manifest: Digest): Promise<void> {
    return writeJson(this.store, this.store.meta, `${PUBLISHED}${manifest}`, true)
  }

  /** Manifests whose content is all in this home's packs. */
  async published(): Promise<readonly Digest[]> {
    const keys = await this.store.meta.keys({ gte: PUBLISHED, lt: 'published"' }).all()
    return keys.map((key) => parseDigest(key.slice(PUBLISHED.length)))
  }

  /** Channels whose newest release was published from this home, by name. */
  async publishes(): Promise<readonly ChannelName[]> {
    const published = new Set(await this.published())
    const heads = [...this.mesh.book.all('head')].filter(({ body }) => published.has(body.manifest))
    return heads.map(({ key }) => parseChannelName(key)).toSorted()
  }

  /** Some of a manifest's content was carried here by hand and is in this home's packs. Durable when it resolves. */
  markImported(manifest: Digest): Promise<void> {
    return writeJson(this.store, this.store.meta, `${IMPORTED}${manifest}`, true)
  }

  /** Manifests of which content was carried here by hand. */
  async imported(): Promise<readonly Digest[]> {
    const keys = await this.store.meta.keys({ gte: IMPORTED, lt: 'imported"' }).all()
    return keys.map((key) => parseDigest(key.slice(IMPORTED.length)))
  }

  /** What is in this home's packs of it may be collected. Durable when it resolves. */
  forgetPublished(manifest: Digest): Promise<void> {
    const gone = [PUBLISHED, IMPORTED].map((prefix) => ({
      in: this.store.meta,
      key: `${prefix}${manifest}`,
      value: undefined,
    }))
    return this.store.write(gone, { sync: true })
  }

  /** Runs publishes, and collections of what they left behind, one after another. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work)
    this.#turn = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }

  /** @throws NO_SUCH_CHANNEL when no release and no target of it is known here */
  requireChannel(channel: ChannelName): void {
    if (this.mesh.book.head(channel) === undefined && this.targets.get(channel) === undefined) {
      throw new ShoalError('NO_SUCH_CHANNEL', `no release and no target of channel ${channel} is known here`)
    }
  }

  async close(): Promise<void> {
    this.keyring.forget()
    try {
      await this.packs.close()
      await this.store.close()
    } finally {
      this.#unlock()
    }
  }
}
