import type { BudgetView, ChannelView, HostView, LinksView, LinkView } from '../../protocol/status/index.ts'
import { counter, gauge, type Sample } from './prometheus.ts'

type Labels = Sample[0]

/** What this host received, served and may still fetch; nothing while no agent runs (CLI-31). */
export function linkMetrics(links: LinksView | null): string {
  if (links === null) return ''
  const { classes, traffic, releases } = links
  const perClass = (value: (view: LinkView) => number): Sample[] =>
    classes.map((view) => [{ link: view.link }, value(view)])
  const ofDay = classes.map(({ link, today }): [Labels, BudgetView] => [{ link }, today])
  const ofRelease = releases.map((view): [Labels, BudgetView] => [{ channel: view.channel, link: view.link }, view])
  return [
    counter(
      'shoal_received_bytes_total',
      'Bytes of content received since the agent started.',
      traffic.received.map(({ channel, link, source, bytes }) => [{ channel, link, source }, bytes]),
    ),
    counter(
      'shoal_wasted_bytes_total',
      'Received bytes that were of no use.',
      traffic.wasted.map(({ channel, kind, bytes }) => [{ channel, kind }, bytes]),
    ),
    counter(
      'shoal_served_bytes_total',
      'Bytes of content sent to others since the agent started.',
      traffic.served.map(({ link, bytes }) => [{ link }, bytes]),
    ),
    gauge(
      'shoal_link_peers',
      'Connected members by class of link.',
      perClass(({ peers }) => peers),
    ),
    gauge(
      'shoal_link_receive_bytes_per_second',
      'Bytes received a second, of the last 30 seconds.',
      perClass((view) => view.receiveBytesPerSecond),
    ),
    gauge(
      'shoal_link_send_bytes_per_second',
      'Bytes sent a second, of the last 30 seconds.',
      perClass((view) => view.sendBytesPerSecond),
    ),
    gauge(
      'shoal_link_limit_bytes_per_second',
      'Rate that the class may take each way.',
      classes.flatMap(({ link, limitBytesPerSecond: limit }): Sample[] => (limit === null ? [] : [[{ link }, limit]])),
    ),
    ...budgetMetrics('day', 'since the last local midnight', ofDay),
    ...budgetMetrics('release', "for the channel's newest release", ofRelease),
  ].join('')
}

function budgetMetrics(of: string, when: string, budgets: readonly (readonly [Labels, BudgetView])[]): string[] {
  const limited = (value: (view: BudgetView) => number | null): Sample[] =>
    budgets.flatMap(([labels, view]): Sample[] => {
      const bytes = value(view)
      return bytes === null ? [] : [[labels, bytes]]
    })
  return [
    gauge(
      `shoal_budget_${of}_used_bytes`,
      `Bytes fetched ${when}.`,
      limited(({ usedBytes }) => usedBytes),
    ),
    gauge(
      `shoal_budget_${of}_limit_bytes`,
      `Bytes that may be fetched ${when}.`,
      limited(({ limitBytes }) => limitBytes),
    ),
    gauge(
      `shoal_budget_${of}_left_bytes`,
      `Bytes that may still be fetched ${when}.`,
      limited(({ leftBytes }) => leftBytes),
    ),
  ]
}

/** How the releases of all known hosts came to them, and what is still on its way. Zeros are left out: a fleet has many hosts. */
export function transferMetrics(channels: readonly ChannelView[]): string {
  const perHost = (values: (host: HostView) => readonly Sample[]): Sample[] =>
    channels.flatMap(({ name, states }) =>
      states.flatMap((host) =>
        values(host).map(([labels, value]): Sample => [
          { channel: name, host: host.host, site: host.site, ...labels },
          value,
        ]),
      ),
    )
  const split = (label: string, counts: Readonly<Record<string, number>> | undefined): Sample[] =>
    Object.entries(counts ?? {}).flatMap(([kind, bytes]): Sample[] => (bytes === 0 ? [] : [[{ [label]: kind }, bytes]]))
  return [
    gauge(
      'shoal_host_received_link_bytes',
      'Bytes received for the release by class of link.',
      perHost(({ receivedBy }) => split('link', receivedBy?.links)),
    ),
    gauge(
      'shoal_host_received_source_bytes',
      'Bytes received for the release by source.',
      perHost(({ receivedBy }) => split('source', receivedBy?.sources)),
    ),
    gauge(
      'shoal_host_wasted_bytes',
      'Bytes received for the release that were of no use.',
      perHost(({ receivedBy }) => split('kind', receivedBy?.wasted)),
    ),
    gauge(
      'shoal_host_left_bytes',
      'Bytes still to be fetched, while content is.',
      perHost(({ transfer }) => (transfer === null ? [] : [[{}, transfer.leftBytes]])),
    ),
    gauge(
      'shoal_host_transfer_bytes_per_second',
      'How fast they come, where any came lately.',
      perHost(({ transfer }) => (transfer?.bytesPerSecond == null ? [] : [[{}, transfer.bytesPerSecond]])),
    ),
  ].join('')
}
