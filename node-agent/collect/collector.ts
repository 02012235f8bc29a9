import type { Core } from '../core.ts'
import { toWire } from '../../protocol/index.ts'
import type { LocalChunks } from '../store/index.ts'
import { collectGarbage } from './collect.ts'

/** Long after a release: hosts that are slow to begin still ask for what it replaced. */
const EVERY_MS = 3_600_000

/** Collects garbage every hour in which a release came, until `signal` aborts. What fails is logged and tried again the next time. */
export async function keepCollecting(core: Core, chunks: LocalChunks, signal: AbortSignal): Promise<void> {
  const { clock, log } = core.init
  let last = ''
  for (;;) {
    await clock.sleep(EVERY_MS, { signal })
    const heads = [...core.mesh.book.all('head')].map(({ id }) => id).join(' ')
    if (heads === last) continue
    try {
      const { manifests, bytes } = await collectGarbage(core, chunks, signal)
      last = heads
      log.info('garbage-collected', { manifests, bytes })
    } catch (err) {
      if (signal.aborted) return
      const { code, message } = toWire(err)
      log.warn('garbage-not-collected', { code, reason: message })
    }
  }
}
