import {
  buildStatus,
  type ChannelRollout,
  type ChannelView,
  type HostView,
  type SelfView,
} from '../../protocol/status/index.ts'
import { NOWHERE } from '../net/reach.ts'
import type { FleetHost } from './types.ts'
import type { Views } from './views.ts'

/** Nothing of this node is in what is taken from the document here. */
const NO_SELF: SelfView = {
  peerId: '',
  host: null,
  site: null,
  addresses: [],
  peers: 0,
  rssBytes: 0,
  storeBytes: 0,
  reach: NOWHERE,
  connected: [],
  links: null,
}

/** One host's word on a channel, as the status document tells it; undefined when it has said none. */
export function hostStatus(
  { mesh: { book } }: Pick<Views, 'mesh'>,
  { member, status }: FleetHost,
  {
    channel,
    rollout,
    nowMs,
  }: { readonly channel: string; readonly rollout: ChannelRollout | null; readonly nowMs: number },
): { readonly channel: ChannelView; readonly host: HostView } | undefined {
  const { root } = book
  const head = book.head(channel)
  if (root === undefined || status === undefined) return undefined
  const document = buildStatus({
    root,
    self: NO_SELF,
    heads: head === undefined ? [] : [head],
    statuses: [status],
    member: () => member,
    rollout: () => rollout ?? undefined,
    nowMs,
  })
  const view = document.channels.find(({ name }) => name === channel)
  const [host] = view?.states ?? []
  return view === undefined || host === undefined ? undefined : { channel: view, host }
}
