import { parseChannelName, ShoalError, toManifestText } from '../../protocol/index.ts'
import type { ControlHandlers, DriftRow, VerifiedTarget, VerifyEvent } from '../../protocol/control/index.ts'
import type { TargetRow } from '../../protocol/control/index.ts'
import type { Core } from '../core.ts'
import { openTreeRoot } from '../fs/index.ts'
import { proveManifest, StatCache } from '../scan/index.ts'
import { readCommitted } from '../store/index.ts'
import { copiesOf } from './copies.ts'
import type { HandlerDeps } from './types.ts'

/** Compares live trees with their manifests, now. Every file is read: a fresh look owes nothing to what was remembered. */
export function verifyHandlers({ core }: HandlerDeps): Pick<ControlHandlers, 'verify'> {
  return {
    verify: async function* ({ channel, deep }, signal) {
      const targets = channel === null ? core.targets.list() : [requireTarget(core, channel)]
      const results: VerifiedTarget[] = []
      for (const target of targets) {
        const { result, rows } = await verifyTarget(core, target, deep, signal)
        for (const row of rows) yield row
        results.push(result)
      }
      return results
    },
  }
}

function requireTarget(core: Core, channel: string): TargetRow {
  const target = core.targets.get(parseChannelName(channel))
  if (target === undefined) throw new ShoalError('NO_SUCH_TARGET', `this host has no target for ${channel}`)
  return target
}

async function verifyTarget(
  core: Core,
  target: TargetRow,
  deep: boolean,
  signal: AbortSignal,
): Promise<{ readonly result: VerifiedTarget; readonly rows: readonly VerifyEvent[] }> {
  const { channel, root: path } = target
  const committed = await readCommitted(core.store, parseChannelName(channel))
  if (committed === undefined || committed.root !== path) {
    return { result: { channel, root: path, sequence: 0, manifest: null, entries: 0, drifted: 0 }, rows: [] }
  }
  const manifest = await core.manifests.load(committed.manifest)
  if (manifest === undefined)
    throw new ShoalError('STORE_CORRUPT', `the manifest of ${channel}@${committed.sequence} is gone from the home`)
  const root = openTreeRoot(path)
  try {
    const now = (): number => core.init.clock.now()
    const { differences } = await proveManifest(root, manifest, committed.manifest, {
      signal,
      cache: new StatCache(),
      deep,
      now,
    })
    const drift = differences.map((d): DriftRow => ({ kind: 'drift', channel, ...d }))
    const rows = [...drift, ...(await copiesOf(target))]
    const result = {
      channel,
      root: path,
      sequence: committed.sequence,
      manifest: toManifestText(committed.manifest),
      entries: manifest.entries.length,
      drifted: drift.length,
    }
    return { result, rows }
  } finally {
    root.close()
  }
}
