import { type Alert, CONTROL_LIMITS, type HostLine } from '../../protocol/control/index.ts'
import { codeOf, exactTerm } from '../../protocol/query/index.ts'

/** An alert as a rule finds it now; who keeps it knows since when. */
export type FoundAlert = Pick<Alert, 'id' | 'rule' | 'severity' | 'text' | 'channel' | 'hosts'>

export interface AlertFacts {
  readonly nowMs: number
  /** Lines of every channel, and of every member at its worst. */
  readonly channels: readonly {
    readonly name: string
    readonly expiresMs: number | null
    readonly lines: readonly HostLine[]
  }[]
  readonly members: readonly HostLine[]
  /** Sites to which a host of another one tells a link, and how many hosts told theirs; both lately. */
  readonly reached: { readonly sites: ReadonlySet<string>; readonly telling: number }
  readonly rootExpiresMs: number
  /** For how long this node has been connected to no member; null while it is, and while no agent runs. */
  readonly aloneMs: number | null
  /** Host names of grants that several machines claim. */
  readonly quarantined: readonly string[]
  /** Slots of which two different records of one version were signed. */
  readonly conflicts: readonly string[]
}

/** So long before the end of what is signed there is time for a person to do something. */
const ROOT_SOON_MS = 30 * 86_400_000
const HEAD_SOON_MS = 3 * 86_400_000
/** An agent that starts, and a mesh whose first hosts join, are alone for a moment. */
const ALONE_MS = 30_000

/** Every alert that the rules find now. Pure (VIEW-8). */
export function findAlerts(facts: AlertFacts): readonly FoundAlert[] {
  return [
    ...facts.channels.flatMap((channel) => channelAlerts(channel, facts.nowMs)),
    ...silenceAlerts(facts),
    ...trustAlerts(facts),
  ].map((alert) => ({ ...alert, id: alert.id.slice(0, CONTROL_LIMITS.alertId) }))
}

const hostsText = (count: number): string => (count === 1 ? '1 host' : `${count} hosts`)

function channelAlerts(
  { name, expiresMs, lines }: AlertFacts['channels'][number],
  nowMs: number,
): readonly FoundAlert[] {
  const found: FoundAlert[] = []
  const term = exactTerm('channel', name)
  const add = (
    rule: Alert['rule'],
    severity: Alert['severity'],
    rest: { key?: string; text: string; count: number; query: string },
  ): void =>
    void found.push({
      id: [rule, name, ...(rest.key === undefined ? [] : [rest.key])].join('/'),
      rule,
      severity,
      text: rest.text,
      channel: name,
      hosts: { count: rest.count, query: `${term} ${rest.query}` },
    })
  for (const [code, count] of errorsOf(lines, 'failed')) {
    const query = `is:failed ${code === '' ? '' : exactTerm('error', code)}`.trim()
    add('failed', 'bad', {
      key: code,
      count,
      query,
      text: `${hostsText(count)} failed to take ${name}${code === '' ? '' : `: ${code}`}`,
    })
  }
  for (const [code, count] of errorsOf(lines, 'held')) {
    if (code !== 'BUDGET_EXCEEDED') continue
    add('held', 'warn', {
      key: code,
      count,
      query: `is:held ${exactTerm('error', code)}`,
      text: `A budget holds ${hostsText(count)} of ${name}`,
    })
  }
  const states = [
    ['rolled-back', 'bad', 'rolled back'],
    ['drifted', 'bad', 'drifted from'],
    ['refused', 'bad', 'did not take'],
  ] as const
  for (const [state, severity, verb] of states) {
    const count = lines.filter((line) => line.state === state).length
    const rule = state === 'refused' ? 'failed' : state
    if (count > 0)
      add(rule, severity, { key: state, count, query: `is:${state}`, text: `${hostsText(count)} ${verb} ${name}` })
  }
  const stale = lines.filter((line) => line.stale > 0).length
  if (stale > 0)
    add('stale', 'warn', {
      count: stale,
      query: 'is:stale',
      text: `Processes on ${hostsText(stale)} still run on an older release of ${name}`,
    })
  if (expiresMs !== null && expiresMs - nowMs < HEAD_SOON_MS) {
    const over = expiresMs < nowMs
    const text = over
      ? `The release of ${name} has expired: hosts that do not have it do not take it`
      : `The release of ${name} expires soon`
    found.push({
      id: `${over ? 'expired' : 'expiring'}/${name}`,
      rule: over ? 'expired' : 'expiring',
      severity: over ? 'bad' : 'warn',
      text,
      channel: name,
      hosts: null,
    })
  }
  return found
}

function errorsOf(lines: readonly HostLine[], state: HostLine['state']): ReadonlyMap<string, number> {
  const codes = new Map<string, number>()
  for (const line of lines) {
    if (line.state !== state) continue
    const code = line.error === null ? '' : codeOf(line.error)
    codes.set(code, (codes.get(code) ?? 0) + 1)
  }
  return codes
}

/** Of a whole site nothing is heard while others are: that is the site, and not its hosts. */
function silenceAlerts({ members, reached }: AlertFacts): readonly FoundAlert[] {
  const sites = new Map<string, { hosts: number; silent: number }>()
  for (const { site, state } of members) {
    if (state === 'unknown') continue
    const kept = sites.get(site) ?? { hosts: 0, silent: 0 }
    sites.set(site, { hosts: kept.hosts + 1, silent: kept.silent + Number(state === 'offline') })
  }
  const anyHeard = [...sites.values()].some(({ hosts, silent }) => silent < hosts)
  return [...sites].flatMap(([site, { hosts, silent }]): readonly FoundAlert[] => {
    if (silent === 0) return []
    const found = { channel: null, hosts: { count: silent, query: `is:offline ${exactTerm('site', site)}` } }
    if (silent === hosts && hosts > 1 && anyHeard) {
      const nothing = `Nothing is heard of ${site} any more, ${hostsText(hosts)} in all`
      if (reached.sites.has(site)) {
        const text = `${nothing}, although other sites are connected to it`
        return [{ id: `silent/${site}`, rule: 'silent', severity: 'bad', text, ...found }]
      }
      const nobody = `none of the ${hostsText(reached.telling)} that tell which sites they reach reaches it`
      const text = reached.telling === 0 ? nothing : `${nothing}: ${nobody}`
      return [{ id: `partition/${site}`, rule: 'partition', severity: 'bad', text, ...found }]
    }
    const text = `Nothing is heard of ${silent} of ${hostsText(hosts)} at ${site}`
    return [{ id: `silent/${site}`, rule: 'silent', severity: 'warn', text, ...found }]
  })
}

function trustAlerts({
  nowMs,
  rootExpiresMs,
  aloneMs,
  members,
  quarantined,
  conflicts,
}: AlertFacts): readonly FoundAlert[] {
  const plain = { channel: null, hosts: null }
  const found: FoundAlert[] = []
  if (rootExpiresMs - nowMs < ROOT_SOON_MS) {
    const over = rootExpiresMs < nowMs
    const text = over ? 'The root of trust has expired' : 'The root of trust expires soon'
    found.push({ id: 'root', rule: over ? 'expired' : 'expiring', severity: over ? 'bad' : 'warn', text, ...plain })
  }
  if (aloneMs !== null && aloneMs >= ALONE_MS && members.length > 1) {
    const text = 'This node is connected to nobody: what is shown is what it knew'
    found.push({ id: 'alone', rule: 'alone', severity: 'bad', text, ...plain })
  }
  for (const host of quarantined) {
    const text = `Two machines claim to be ${host}; neither is a member until you decide`
    found.push({ id: `quarantine/${host}`, rule: 'quarantine', severity: 'bad', text, ...plain })
  }
  for (const slot of conflicts) {
    const text = `Two different records of one version of ${slot} were signed; the first stays in force`
    found.push({ id: `conflict/${slot}`, rule: 'conflict', severity: 'bad', text, ...plain })
  }
  return found
}
