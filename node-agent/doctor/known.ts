import type { ControlClient } from '../../protocol/control/index.ts'
import { isShoalError } from '../../protocol/errors/index.ts'
import type { Known } from './types.ts'

/** Asks a home for all that the checks need. @throws whatever it refuses, but not NO_MESH */
export async function readKnown(control: ControlClient, live: boolean, signal: AbortSignal): Promise<Known> {
  const targets = await control.call('targetList', {}, { signal })
  try {
    const status = await control.call('status', {}, { signal })
    const hosts = await control.call('hosts', {}, { signal })
    const heads: Known['heads'][number][] = []
    for (const { name, sequence } of status.channels) {
      if (sequence === 0) continue
      const rows = await control.call('releases', { channel: name }, { signal })
      const head = rows.find((row) => row.sequence === sequence)
      if (head !== undefined) heads.push({ channel: name, publishedAt: head.publishedAt, expires: head.expires })
    }
    return { live, status, targets, hosts, heads }
  } catch (err) {
    if (!isShoalError(err, 'NO_MESH')) throw err
    return { live, status: undefined, targets, hosts: [], heads: [] }
  }
}
