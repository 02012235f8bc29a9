import type { Core } from './core.ts'
import { LocalChunks } from './store/index.ts'

/** The chunks of one home, wherever they lie; a changed file of a live tree is told to the log, and proved by the next look at the tree. */
export const createChunks = (core: Core): LocalChunks =>
  new LocalChunks({
    packs: core.packs,
    manifests: core.manifests,
    live: core.live,
    onDrift: (channel) => core.init.log.warn('chunk-drifted', { channel }),
  })
