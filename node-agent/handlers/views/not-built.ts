import { ShoalError } from '../../../protocol/index.ts'
import type { ControlHandlers, ViewMethods, ViewStreams } from '../../../protocol/control/index.ts'

const refusal = (name: string): ShoalError =>
  new ShoalError('NOT_BUILT_YET', `this agent does not answer ${name} yet; nothing was changed`)

const method = (name: keyof ViewMethods) => async (): Promise<never> => {
  throw refusal(name)
}

const stream = (name: keyof ViewStreams) =>
  // oxlint-disable-next-line require-yield -- refuses before it has anything to say
  async function* (): AsyncGenerator<never, never, undefined> {
    throw refusal(name)
  }

/** Views that are part of the contract and not yet answered: each refuses by name. */
export const notBuiltHandlers = () =>
  ({
    networkPath: method('networkPath'),
    alertAcknowledge: method('alertAcknowledge'),
    folders: method('folders'),
    previewText: method('previewText'),
    republish: method('republish'),
    settings: method('settings'),
    settingsSet: method('settingsSet'),
    watchOverview: stream('watchOverview'),
    watchHost: stream('watchHost'),
    watchRollout: stream('watchRollout'),
    watchReleases: stream('watchReleases'),
    watchNetwork: stream('watchNetwork'),
    watchActivity: stream('watchActivity'),
    watchAlerts: stream('watchAlerts'),
    compare: stream('compare'),
    publishPreview: stream('publishPreview'),
    publishPreviewed: stream('publishPreviewed'),
  }) satisfies Partial<ControlHandlers>
