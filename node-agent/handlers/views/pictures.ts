import { CONTROL_LIMITS, type ControlHandlers } from '../../../protocol/control/index.ts'
import { channelRollout } from '../../../protocol/rollout/index.ts'
import type { ChannelRollout } from '../../../protocol/status/index.ts'
import {
  activityPicture,
  follow,
  hostPicture,
  networkPath,
  networkPicture,
  overviewPicture,
  releasesPicture,
  rolloutPictures,
  type ViewSources,
} from '../../views/index.ts'
import type { Core } from '../../core.ts'
import type { HandlerDeps } from '../types.ts'

type Names =
  | 'watchOverview'
  | 'watchHost'
  | 'watchRollout'
  | 'watchReleases'
  | 'watchNetwork'
  | 'networkPath'
  | 'watchActivity'

/** Between two looks at the gates of a channel's waves, unless somebody spoke of them. */
const GATES_MS = 1_000

/** How channels spread, as one evaluation a second tells every picture. */
function knownRollouts(core: Core): ViewSources['rollout'] {
  const known = new Map<string, { readonly atMs: number; readonly rollout: Promise<ChannelRollout | null> }>()
  let followed: Core['mesh']['book'] | undefined
  return (channel) => {
    const { book, rollouts } = core.mesh
    if (followed !== book) book.onNew(({ kind }) => kind !== 'status' && known.clear())
    followed = book
    const nowMs = core.init.clock.now()
    const last = known.get(channel)
    if (last !== undefined && nowMs >= last.atMs && nowMs - last.atMs < GATES_MS) return last.rollout
    const rollout = rollouts.readable(channel).then((state) => (state === undefined ? null : channelRollout(state)))
    known.set(channel, { atMs: nowMs, rollout })
    // What failed is asked for again.
    rollout.catch(() => known.delete(channel))
    return rollout
  }
}

/** Screens that are pictures of the whole, one after another. */
export function pictureHandlers({ core, views, live }: HandlerDeps): Pick<ControlHandlers, Names> {
  const { clock } = core.init
  const sources: ViewSources = {
    views,
    self: live,
    rollout: knownRollouts(core),
    kept: async () => new Set<string>(await core.published()),
  }
  const onChange = (listener: () => void): (() => void) => views.fleet().onChange(listener)
  const watch = <T>(picture: (nowMs: number) => Promise<T>, signal: AbortSignal): AsyncGenerator<T, null, undefined> =>
    follow({ clock, onChange, picture, signal })
  return {
    watchOverview: (_req, signal) => watch((nowMs) => overviewPicture(sources, nowMs), signal),
    watchHost: ({ host }, signal) => watch((nowMs) => hostPicture(sources, host, nowMs), signal),
    watchRollout: (req, signal) => watch(rolloutPictures(sources, req), signal),
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
