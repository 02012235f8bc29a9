import { ShoalError } from '../../protocol/index.ts'
import type { ControlHandlers } from '../../protocol/control/index.ts'

const notBuilt = async (): Promise<never> => {
  throw new ShoalError('NOT_BUILT_YET', 'rollouts are not built yet; nothing was changed')
}

/** Pausing, going on, promoting, retrying: words of a publisher on the channel's newest release. */
export const rolloutHandlers = (): Pick<
  ControlHandlers,
  'pause' | 'resume' | 'promote' | 'retryHost' | 'previewWaves'
> => ({ pause: notBuilt, resume: notBuilt, promote: notBuilt, retryHost: notBuilt, previewWaves: notBuilt })
