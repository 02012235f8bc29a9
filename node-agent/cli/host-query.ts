import type { ControlClient, HostRow } from '../../protocol/control/index.ts'
import type { ChannelView, StatusDocument } from '../../protocol/status/index.ts'
import { usage } from './text.ts'

/**
 * A query of hosts as it was typed; undefined when there is none. Checked by the agent: help and usage errors load no parser.
 * @throws USAGE for one that is empty, which is more likely a variable that was not set than a wish for all
 */
export function queryOf(text: string | undefined): string | undefined {
  if (text !== undefined && text.trim() === '') throw usage('the query of hosts is empty; leave it out for all')
  return text
}

/** Tells which members a query finds that always finds the same. Loaded with its command: help and usage errors need no parser. @throws QUERY_INVALID */
export async function memberFilter(text: string): Promise<(member: HostRow) => boolean> {
  const { createMemberMatcher, requireMemberQuery } = await import('../../protocol/query/index.ts')
  return createMemberMatcher(requireMemberQuery(text))
}

/** Names of the hosts that a query finds, by how they stand on one channel or, for null, at their worst. @throws QUERY_INVALID */
export async function foundHosts(
  control: ControlClient,
  query: { readonly query: string; readonly channel: string | null },
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  const names = new Set<string>()
  for await (const lines of control.stream('exportHosts', query, { signal })) {
    for (const { host } of lines) names.add(host)
  }
  return names
}

/** A status document with only the states of the hosts that a query finds; what it says of whole channels stays. @throws QUERY_INVALID */
export async function onlyHosts(
  control: ControlClient,
  document: StatusDocument,
  query: string | undefined,
  signal: AbortSignal,
): Promise<StatusDocument> {
  if (query === undefined) return document
  const channels: ChannelView[] = []
  for (const channel of document.channels) {
    const found = await foundHosts(control, { query, channel: channel.name }, signal)
    channels.push({ ...channel, states: channel.states.filter(({ host }) => found.has(host)) })
  }
  return { ...document, channels }
}
