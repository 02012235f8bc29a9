import {
  type ChannelStatus,
  type Digest,
  displayPath,
  type HeadBody,
  type Manifest,
  type Steps,
  STEP_ITEMS,
  parseDigest,
} from '../../protocol/index.ts'
import type { PreviewReach, PreviewSite } from '../../protocol/control/index.ts'
import { chooseBases } from '../delta/index.ts'
import { predictWindowMs } from '../plan/window.ts'
import { type Difference, digestsOf } from '../publish/diff.ts'

/** A host of the channel, as far as it is known here. */
export interface ReachHost {
  readonly host: string
  readonly site: string
  /** Nothing was heard of it for long. */
  readonly isOffline: boolean
  readonly status: ChannelStatus
  /** What one release may cost it from other sites, bytes; undefined where that is not known. */
  readonly budgetBytes: number | undefined
}

export interface ReachInput {
  readonly channel: string
  readonly next: Manifest
  readonly difference: Difference
  /** Visible steps of an in-place commit from the head. */
  readonly operations: number
  readonly hosts: readonly ReachHost[]
  /** Heads of the channel, oldest first. */
  readonly heads: readonly { readonly body: Pick<HeadBody, 'manifest' | 'deltas'> }[]
  /** Manifests of releases that are kept here; undefined for the others. */
  readonly manifestOf: (id: Digest) => Manifest | undefined
}

/** Bytes of a manifest's row beside its path and chunks. */
const ROW_BYTES = 40

/** What sending a release would mean to the hosts of its channel, by what they and earlier releases tell. Pure, in steps (PREV-9). */
export function* predictReach(input: ReachInput): Steps<Omit<PreviewReach, 'atRisk'>> {
  const sizes = yield* sizesByBase(input)
  const sites = new Map<string, ReachHost[]>()
  for (const host of input.hosts) sites.set(host.site, [...(sites.get(host.site) ?? []), host])
  return {
    sites: [...sites].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([site, hosts]) => siteReach(site, hosts, sizes)),
    operations: input.operations,
    ...windowOf(input),
    staleBefore: yield* staleBefore(input),
  }
}

/** What a host at some release would need. */
interface Need {
  readonly bytes: number
  readonly basis: PreviewSite['basis']
}

const NOTHING = ''

/** By the manifest that hosts are at; `NOTHING` for those without any. */
function* sizesByBase(input: ReachInput): Steps<ReadonlyMap<string, Need>> {
  const { next, heads, channel, hosts, manifestOf, difference } = input
  const needs = new Map<string, Need>()
  if (hosts.length === 0) return needs
  const chunks = yield* chunkSizes(next)
  const rowBytes = ROW_BYTES + next.entries.reduce((sum, { path }) => sum + path.length, 0) / next.entries.length
  const all = yield* sumOf(chunks)
  const whole: Need = { bytes: Math.round(all + next.entries.length * rowBytes), basis: 'whole' }
  needs.set(NOTHING, whole)
  const statuses = hosts.map(({ status }) => ({ channels: [status] }))
  // No manifest has this id: the release is not made yet.
  const bases = new Set<string>(chooseBases({ channel, to: NOT_YET, heads, statuses }))
  const saved = yield* savedBefore(input)
  for (const { status } of hosts) {
    const id = status.manifest
    if (id === undefined || needs.has(id)) continue
    const manifest = manifestOf(id)
    if (manifest === undefined) {
      needs.set(id, whole)
      continue
    }
    const missing = yield* sumOf(chunks, yield* digestsOf(manifest.entries))
    const isDelta = saved !== undefined && bases.has(id)
    needs.set(id, {
      bytes: Math.round((isDelta ? saved * missing : missing) + difference.rows.length * rowBytes),
      basis: isDelta ? 'deltas' : 'chunks',
    })
  }
  return needs
}

/** An id that no manifest has. */
const NOT_YET = parseDigest('0'.repeat(64))

/** Sizes of the distinct chunks of a release. */
function* chunkSizes({ entries }: Manifest): Steps<ReadonlyMap<Digest, number>> {
  const sizes = new Map<Digest, number>()
  for (const [i, entry] of entries.entries()) {
    if (entry.kind === 'file') for (const { digest, size } of entry.chunks) sizes.set(digest, size)
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
  }
  return sizes
}

/** Bytes of chunks, without those that are known. */
function* sumOf(chunks: ReadonlyMap<Digest, number>, known?: ReadonlySet<Digest>): Steps<number> {
  let [sum, seen] = [0, 0]
  for (const [digest, size] of chunks) {
    if (known?.has(digest) !== true) sum += size
    if (++seen % STEP_ITEMS === 0) yield
  }
  return sum
}

/** Which share of new chunks the deltas of earlier releases had: the median; undefined when nothing is known of any. */
function* savedBefore({ heads, manifestOf }: ReachInput): Steps<number | undefined> {
  const shares: number[] = []
  for (const { body } of heads) {
    const to = body.deltas.length === 0 ? undefined : manifestOf(body.manifest)
    if (to === undefined) continue
    const chunks = yield* chunkSizes(to)
    for (const { from, bytes } of body.deltas) {
      const base = manifestOf(from)
      if (base === undefined) continue
      const fresh = yield* sumOf(chunks, yield* digestsOf(base.entries))
      if (fresh > 0) shares.push(Math.min(1, bytes / fresh))
    }
  }
  return shares.toSorted((a, b) => a - b)[Math.floor(shares.length / 2)]
}

/** `deltas` before `chunks` before `whole`: a site is as little known as the least known of its hosts. */
const CERTAINTY = ['deltas', 'chunks', 'whole'] as const

/** Hosts of a site share what they need: it crosses their uplink once, as much as the one that needs most. */
function siteReach(site: string, hosts: readonly ReachHost[], sizes: ReadonlyMap<string, Need>): PreviewSite {
  const needs = hosts.flatMap(({ status }) => sizes.get(status.manifest ?? NOTHING) ?? [])
  const bytes = needs.reduce((most, need) => Math.max(most, need.bytes), 0)
  const basis = CERTAINTY.findLast((one) => needs.some((need) => need.basis === one)) ?? 'whole'
  const offline = hosts.filter(({ isOffline }) => isOffline).length
  return { site, hosts: hosts.length, offline, bytes, basis, exceeds: exceeded(hosts, bytes) }
}

function exceeded(hosts: readonly ReachHost[], bytes: number): string | null {
  const over = hosts.find(({ budgetBytes }) => budgetBytes !== undefined && budgetBytes < bytes)
  if (over?.budgetBytes !== undefined)
    return `${over.host} takes at most ${over.budgetBytes} bytes a release from other sites`
  const held = hosts.filter(({ status }) => status.error?.code === 'BUDGET_EXCEEDED')
  const [first] = held
  if (first === undefined) return null
  const others = held.length > 1 ? ` and ${held.length - 1} more` : ''
  return `${first.host}${others} is held by a budget already`
}

/** The slowest of what the hosts' last commits in place say of one step; where whole trees are switched, their last window. */
function windowOf({ hosts, operations }: ReachInput): Pick<PreviewReach, 'windowMs' | 'windowBasis'> {
  const commits = hosts.flatMap(({ status: { commit } }) => commit ?? [])
  const inPlace = commits.filter(({ strategy, operations: steps }) => strategy === 'in-place' && steps > 0)
  const switched = commits.filter(({ strategy }) => strategy !== 'in-place')
  const windows = [
    ...inPlace.map((commit) => predictWindowMs(operations, (commit.windowMs * 1e6) / commit.operations)),
    ...switched.map(({ windowMs }) => windowMs),
  ]
  if (windows.length === 0) return { windowMs: null, windowBasis: null }
  const basis = [
    ...(inPlace.length > 0
      ? [`${operations} steps at the pace of the last commits in place of ${counted(inPlace.length)}`]
      : []),
    ...(switched.length > 0 ? [`the last switch of ${counted(switched.length)}`] : []),
  ]
  return { windowMs: Math.max(...windows), windowBasis: basis.join('; ') }
}

const counted = (hosts: number): string => (hosts === 1 ? '1 host' : `${hosts} hosts`)

/** Hosts that say that processes run on older releases of paths that change again, or would. */
function* staleBefore({ hosts, difference }: ReachInput): Steps<number> {
  const pathsOf = ({ status }: ReachHost): readonly string[] =>
    [...status.staleProcesses, ...status.atRisk].flatMap(({ paths }) => paths)
  const said = new Set(hosts.flatMap(pathsOf))
  if (said.size === 0) return 0
  const again = new Set<string>()
  for (const [i, { path, what }] of difference.rows.entries()) {
    if (i % STEP_ITEMS === STEP_ITEMS - 1) yield
    const shown = what === 'added' ? undefined : displayPath(path)
    if (shown !== undefined && said.has(shown)) again.add(shown)
  }
  return hosts.filter((host) => pathsOf(host).some((path) => again.has(path))).length
}
