import {
  type ChannelName,
  type Digest,
  type Entry,
  type Manifest,
  ShoalError,
  type TreePath,
} from '../../protocol/index.ts'
import { digestsOf } from '../publish/diff.ts'
import type { Pacer } from '../scan/index.ts'
import type { Base } from './types.ts'

export interface Head {
  readonly version: number
  readonly body: { readonly manifest: Digest }
}

/** What a folder is compared with. @throws NO_SUCH_RELEASE when the head's manifest is not kept in this home, CANCELLED */
export async function loadBase(
  channel: ChannelName,
  head: Head | undefined,
  load: (id: Digest) => Promise<Manifest | undefined>,
  pacer: Pacer,
): Promise<Base> {
  const id = head?.body.manifest
  const manifest = id === undefined ? undefined : await load(id)
  if (head !== undefined && manifest === undefined) {
    throw new ShoalError(
      'NO_SUCH_RELEASE',
      `the manifest of ${channel}@${head.version} is not kept in this home, so there is nothing to compare with`,
    )
  }
  const byPath = new Map<TreePath, Entry>()
  for (const entry of manifest?.entries ?? []) byPath.set(entry.path, entry)
  await pacer.did(0)
  const digests = await pacer.steps(digestsOf(manifest?.entries ?? []))
  return { channel, sequence: head?.version ?? 0, id, manifest, byPath, digests }
}
