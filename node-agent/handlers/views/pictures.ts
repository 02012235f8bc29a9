import { CONTROL_LIMITS, type ControlHandlers } from '../../../protocol/control/index.ts'
import { channelRollout } from '../../../protocol/rollout/index.ts'
import {
  activityPicture,
  follow,
  hostPicture,
  networkPath,
  networkPicture,
  overviewPicture,
  releasesPicture,
  rolloutPicture,
  type ViewSources,
} from '../../views/index.ts'
import type { HandlerDeps } from '../types.ts'

type Names =
  | 'watchOverview'
  | 'watchHost'
  | 'watchRollout'
  | 'watchReleases'
  | 'watchNetwork'
  | 'networkPath'
  | 'watchActivity'

/** Screens that are pictures of the whole, one after another. */
export function pictureHandlers({ core, views, live }: HandlerDeps): Pick<ControlHandlers, Names> {
  const { clock } = core.init
  const sources: ViewSources = {
    views,
    self: live,
    rollout: async (channel) => {
      const state = await core.mesh.rollouts.readable(channel)
      return state === undefined ? null : channelRollout(state)
    },
    kept: async () => new Set<string>(await core.published()),
  }
  const onChange = (listener: () => void): (() => void) => views.fleet().onChange(listener)
  const watch = <T>(picture: (nowMs: number) => Promise<T>, signal: AbortSignal): AsyncGenerator<T, null, undefined> =>
    follow({ clock, onChange, picture, signal })
  return {
    watchOverview: (_req, signal) => watch((nowMs) => overviewPicture(sources, nowMs), signal),
    watchHost: ({ host }, signal) => watch((nowMs) => hostPicture(sources, host, nowMs), signal),
    watchRollout: (req, signal) => watch((nowMs) => rolloutPicture(sources, req, nowMs), signal),
    watchReleases: (req, signal) =>
      watch(async (nowMs) => releasesPicture(views, req, await sources.kept(), nowMs), signal),
    watchNetwork: (_req, signal) =>
      follow({
        clock,
        onChange,
        picture: (nowMs) => networkPicture(sources, nowMs),
        restMs: ({ links }) => CONTROL_LIMITS.viewLinkMs * links.length,
        signal,
      }),
    networkPath: ({ from, to }) => networkPath(sources, from, to, clock.now()),
    watchActivity: (req, signal) => watch((nowMs) => activityPicture(views, req, nowMs), signal),
  }
}
