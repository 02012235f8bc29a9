import { isAbsolute } from 'node:path'
import { parseChannelName, ShoalError } from '../../protocol/index.ts'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import { exportBundle, importBundle } from '../bundle/index.ts'
import type { HandlerDeps } from './types.ts'

/** Carrying a channel by hand. No publish and no collection runs meanwhile: what is taken in must not be collected before it counts. */
export function bundleHandlers({
  core,
  live,
  chunks,
}: HandlerDeps): Pick<ControlHandlers, 'bundleExport' | 'bundleImport'> {
  return {
    bundleExport: async function* ({ channel, file, sites }, signal) {
      checkPath(file)
      const [turn, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const over = core.exclusively(() => (turn.resolve(), done.promise))
      try {
        await turn.promise
        return yield* exportBundle({ core, chunks }, { channel: parseChannelName(channel), file, sites, signal })
      } finally {
        done.resolve()
        await over
      }
    },
    bundleImport: async function* ({ file }, signal) {
      checkPath(file)
      const [turn, done] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const over = core.exclusively(() => (turn.resolve(), done.promise))
      try {
        await turn.promise
        const deps = { core, chunks, announce: live.announce, renew: live.renew }
        return yield* importBundle(deps, file, signal)
      } finally {
        done.resolve()
        await over
      }
    },
  }
}

function checkPath(file: string): void {
  if (!isAbsolute(file)) throw new ShoalError('BUNDLE_UNREADABLE', `${file} is no absolute path`)
}
