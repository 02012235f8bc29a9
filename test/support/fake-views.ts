import { ShoalError } from '../../protocol/index.ts'
import type { ControlHandlers, ViewMethods, ViewStreams } from '../../protocol/control/index.ts'

const refusal = (name: string): ShoalError =>
  new ShoalError('NOT_BUILT_YET', `this agent does not answer ${name} yet; nothing was changed`)

const method = (name: keyof ViewMethods) => async (): Promise<never> => {
  throw refusal(name)
}

/** A stream that refuses before it has anything to say. */
export const refusing = (error: () => ShoalError) =>
  // oxlint-disable-next-line require-yield -- there is nothing to say
  async function* (): AsyncGenerator<never, never, undefined> {
    throw error()
  }

const stream = (name: keyof ViewStreams) => refusing(() => refusal(name))

/** Every view, refused by name: a test replaces those that it is about. */
export const refusedViews = (): Pick<ControlHandlers, keyof ViewMethods | keyof ViewStreams> => ({
  hostAt: method('hostAt'),
  queryVocabulary: method('queryVocabulary'),
  networkPath: method('networkPath'),
  alertAcknowledge: method('alertAcknowledge'),
  folders: method('folders'),
  previewText: method('previewText'),
  republish: method('republish'),
  settings: method('settings'),
  settingsSet: method('settingsSet'),
  watchOverview: stream('watchOverview'),
  watchHosts: stream('watchHosts'),
  watchHost: stream('watchHost'),
  watchRollout: stream('watchRollout'),
  watchReleases: stream('watchReleases'),
  watchNetwork: stream('watchNetwork'),
  watchActivity: stream('watchActivity'),
  watchAlerts: stream('watchAlerts'),
  exportHosts: stream('exportHosts'),
  compare: stream('compare'),
  publishPreview: stream('publishPreview'),
  publishPreviewed: stream('publishPreviewed'),
})
