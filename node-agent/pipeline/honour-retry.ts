import { parseChannelName, type RecordOf } from '../../protocol/index.ts'
import { readRetried, writeRetried } from '../store/index.ts'
import type { PipelineDeps } from './types.ts'

/** A publisher asked this host to try the head's release again: done once for every time that it was asked (ROLLOUT-12). */
export async function honourRetry(
  { book, store, self, log }: Pick<PipelineDeps, 'book' | 'store' | 'self' | 'log'>,
  head: RecordOf<'head'>,
  forgive: () => Promise<void>,
): Promise<void> {
  const record = book.get(`retry/${head.key}.${self}`)
  if (record?.kind !== 'retry' || record.body.head !== head.id) return
  const channel = parseChannelName(head.key)
  if (record.version <= (await readRetried(store, channel))) return
  await forgive()
  await writeRetried(store, channel, record.version)
  log.info('retry-honoured', { channel, sequence: head.version })
}
