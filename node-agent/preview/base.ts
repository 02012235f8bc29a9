import {
  type ChannelName,
  type Digest,
  type Entry,
  type Manifest,
  type ManifestReading,
  PathFinder,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import { digestsOf } from '../publish/diff.ts'
import type { Pacer } from '../scan/index.ts'

export interface Head {
  readonly version: number
  readonly body: { readonly manifest: Digest }
}

/** What a folder is compared with, and how it is called. */
export interface BaseName {
  readonly channel: ChannelName
  /** Of the channel's head; 0 when it has none. */
  readonly sequence: number
  /** Its manifest; undefined when the channel has none. */
  readonly id: Digest | undefined
}

/** The head that a folder is compared with. It is known as far as its manifest was decoded, in path order: rows can be told before all of it is. */
export class Base implements BaseName {
  readonly channel: ChannelName
  readonly sequence: number
  readonly id: Digest | undefined
  readonly #reading: ManifestReading | undefined
  readonly #finder = new PathFinder(() => this.entries)
  #manifest: Manifest | undefined
  #digests: ReadonlySet<Digest> | undefined

  /** @param reading undefined when the channel has no head */
  constructor({ channel, sequence, id }: BaseName, reading: ManifestReading | undefined) {
    this.channel = channel
    this.sequence = sequence
    this.id = id
    this.#reading = reading
  }

  /** Those that are known so far. */
  get entries(): readonly Entry[] {
    return this.#reading?.entries ?? []
  }

  /** After `whole`; undefined when the channel has no head. */
  get manifest(): Manifest | undefined {
    return this.#manifest
  }

  /** Every chunk of it, after `whole`; undefined before. */
  get digests(): ReadonlySet<Digest> | undefined {
    return this.#digests
  }

  /** As far as it is known. */
  find(path: TreePath): Entry | undefined {
    return this.entries[this.#finder.indexOf(path)]
  }

  /** Learns the rest. @throws CANCELLED */
  async whole(pacer: Pacer): Promise<void> {
    this.#manifest = this.#reading && (await decodeAll(this.#reading, pacer))
    this.#digests = await pacer.steps(digestsOf(this.entries))
  }
}

/** Opens what a folder is compared with. @throws NO_SUCH_RELEASE when the head's manifest is not kept in this home */
export async function openBase(
  channel: ChannelName,
  head: Head | undefined,
  open: (id: Digest) => Promise<ManifestReading | undefined>,
): Promise<Base> {
  const id = head?.body.manifest
  const reading = id === undefined ? undefined : await open(id)
  if (head !== undefined && reading === undefined) {
    throw new ShoalError(
      'NO_SUCH_RELEASE',
      `the manifest of ${channel}@${head.version} is not kept in this home, so there is nothing to compare with`,
    )
  }
  return new Base({ channel, sequence: head?.version ?? 0, id }, reading)
}

/** Decodes manifests as far as a path, with pauses. @throws CANCELLED */
export async function decodeTo(path: TreePath, readings: Iterable<ManifestReading>, pacer: Pacer): Promise<void> {
  for (const reading of readings)
    while ((reading.entries.at(-1)?.path ?? '') < path && reading.step() === undefined) await pacer.did(0)
}

async function decodeAll(reading: ManifestReading, pacer: Pacer): Promise<Manifest> {
  for (let manifest = reading.step(); ; manifest = reading.step()) {
    if (manifest !== undefined) return manifest
    await pacer.did(0)
  }
}
