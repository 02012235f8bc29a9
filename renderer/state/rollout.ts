import type { BytesBySource, GateView, RolloutStep, RolloutUpdate, WaveView } from '../../protocol/control/window.ts'
import { countOf, formatCount } from './format.ts'

/** What a person may do with a rollout now, and what each button says. */
export interface RolloutActions {
  readonly pause: string | undefined
  readonly resume: string | undefined
  /** Opens the next wave, whatever its gates say. */
  readonly next: { readonly wave: number; readonly text: string; readonly hosts: number } | undefined
  /** Opens every wave: a question that wants the channel's name typed. */
  readonly all: { readonly text: string; readonly hosts: number } | undefined
}

/** Pure: buttons say what happens, with the number of hosts. */
export function actionsOf(update: RolloutUpdate): RolloutActions {
  const { summary, waves } = update
  const closed = waves.filter((wave) => wave.number > (summary?.wave ?? 0))
  const next = closed[0]
  const sum = closed.reduce((hosts, wave) => hosts + wave.hosts, 0)
  const going = !update.superseded && update.converged < update.hosts
  const isPaused = summary?.state === 'paused'
  return {
    pause: going && !isPaused ? 'Pause' : undefined,
    resume: isPaused && !update.superseded ? 'Go on' : undefined,
    next:
      next === undefined || update.superseded
        ? undefined
        : {
            wave: next.number,
            hosts: next.hosts,
            text: `Send to ${waveName(next)} now (${countOf(next.hosts, 'host')})`,
          },
    all:
      closed.length < 2 || update.superseded
        ? undefined
        : { hosts: sum, text: `Send to everybody now (${countOf(sum, 'host')})` },
  }
}

/** What opening the next wave means for the gates before it. */
export function promotionText(gates: readonly GateView[]): string {
  const unmet = gates.filter((gate) => !gate.met)
  const others = unmet.filter((gate) => gate.kind !== 'approval')
  if (others.length > 0) return `Not met yet: ${others.map((gate) => gate.text).join('; ')}. It goes all the same.`
  return unmet.length > 0 ? 'It waits for a person to approve it, and this does.' : 'Its gates are met.'
}

const STEPS = { pause: 'Paused', resume: 'Went on', approve: 'Approved', rollback: 'Rolled back' } as const

/** What a person did with a rollout: `Opened wave 2`, `Paused from wave 2 on`. */
export function stepText({ what, wave }: RolloutStep): string {
  if (what === 'promote') return `Opened wave ${wave ?? ''}`.trim()
  return what === 'pause' && wave !== null && wave > 1 ? `Paused from wave ${wave} on` : STEPS[what]
}

/** Since when every host has proved it, as seen here; undefined while one has not. */
export function wholeSinceMs({ curve, hosts, converged }: RolloutUpdate): number | undefined {
  if (hosts === 0 || converged < hosts) return undefined
  const before = curve.findLastIndex((point) => point.converged < point.hosts)
  return curve[before + 1]?.atMs
}

/** `31 hosts that are away follow when they return.`; nothing when none is. */
export const awayText = (offline: number): string =>
  offline === 0
    ? ''
    : offline === 1
      ? '1 host that is away follows when it returns.'
      : `${formatCount(offline)} hosts that are away follow when they return.`

export const waveName = (wave: WaveView): string => (wave.who === 'all' ? 'all others' : wave.who)

/** Shares of where the bytes of a release came from. */
export interface SourceLine {
  readonly text: string
  readonly bytes: number
  readonly tone: 'good' | 'busy' | 'held'
}

export function sourcesOf({ sameSite, otherSites, publisherSite }: BytesBySource): readonly SourceLine[] {
  if (publisherSite === null)
    return [
      { text: 'Same site', bytes: sameSite, tone: 'good' },
      { text: 'Other sites', bytes: otherSites, tone: 'busy' },
    ]
  return [
    { text: 'Same site', bytes: sameSite, tone: 'good' },
    { text: 'Other sites', bytes: Math.max(0, otherSites - publisherSite), tone: 'busy' },
    { text: 'Publisher’s site', bytes: publisherSite, tone: 'held' },
  ]
}

/** What rolling back means, in numbers. */
export const rollbackText = (update: RolloutUpdate, to: number): string =>
  `${formatCount(update.hosts)} ${update.hosts === 1 ? 'host' : 'hosts'} of ${update.channel} get the content of release ${to} as release ${update.release + 1}`
