import { parsePeerKey } from '../../protocol/index.ts'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import { channelRollout } from '../../protocol/rollout/index.ts'
import { buildStatus, type ChannelRollout, type StatusDocument } from '../../protocol/status/index.ts'
import type { Core } from '../core.ts'
import { follow } from '../views/index.ts'
import type { HandlerDeps } from './types.ts'

/** This node and the fleet it knows. */
export function statusHandlers(deps: HandlerDeps): Pick<ControlHandlers, 'status' | 'watchStatus'> {
  const { clock } = deps.core.init
  return {
    status: async () => statusDocument(deps),

    watchStatus: (_req, signal) =>
      follow({
        clock,
        onChange: (listener) => deps.live.onChange(listener),
        picture: () => statusDocument(deps),
        signal,
      }),
  }
}

/** The document of `shoal status --json` from what this node keeps. @throws NO_MESH */
async function statusDocument({ core, live }: HandlerDeps): Promise<StatusDocument> {
  const { book, peer } = core.mesh
  const { root } = book
  if (root === undefined) throw new TypeError('a mesh part without a root')
  const self = book.member(peer)
  const connected = live.connected()
  const views = await rolloutViews(core)
  return buildStatus({
    root,
    self: {
      peerId: peer,
      host: self?.host ?? null,
      site: self?.site ?? null,
      addresses: live.addresses(),
      peers: connected.length,
      rssBytes: process.memoryUsage.rss(),
      storeBytes: await core.packs.diskBytes(),
      reach: live.reach(),
      connected,
      links: live.links(connected),
    },
    heads: [...book.all('head')],
    statuses: [...book.all('status')],
    member: (key) => book.member(parsePeerKey(key)),
    own: (channel) => live.own(channel),
    rollout: (channel) => views.get(channel),
    nowMs: core.init.clock.now(),
  })
}

/** How every channel's head spreads. One that this version cannot read is left out: hosts say so themselves. */
async function rolloutViews({ mesh: { book, rollouts } }: Core): Promise<ReadonlyMap<string, ChannelRollout>> {
  const views = new Map<string, ChannelRollout>()
  for (const { key } of book.all('head')) {
    const state = await rollouts.readable(key)
    if (state !== undefined) views.set(key, channelRollout(state))
  }
  return views
}
