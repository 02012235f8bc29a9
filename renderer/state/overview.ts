import type { ChannelCard, ConvergenceEstimate, OverviewUpdate } from '../../protocol/control/window.ts'
import { countOf, formatCount, formatTime } from './format.ts'

/** Pure: the one sentence of truth, in parts that lead to the hosts behind them. */
export interface TruthPart {
  readonly text: string
  /** A query of hosts; undefined for words in between. */
  readonly query?: string
}

export function truthOf(update: OverviewUpdate): readonly TruthPart[] {
  const { hosts, withTargets, current, channels } = update
  if (hosts === 0) return [{ text: 'No host has joined yet.' }]
  if (withTargets === 0) return [{ text: `${countOf(hosts, 'host')} joined; none has a channel as a target yet.` }]
  if (channels.length > 0 && channels.every((card) => card.release === 0))
    return [
      { text: countOf(withTargets, 'host'), query: '' },
      { text: ` ${withTargets === 1 ? 'waits' : 'wait'} for a first release: nothing was published yet.` },
    ]
  const parts: TruthPart[] =
    current === withTargets
      ? [
          {
            text: withTargets === 1 ? 'The one host with a target runs' : `All ${formatCount(withTargets)} hosts run`,
            query: 'is:current',
          },
        ]
      : [
          { text: formatCount(current), query: 'is:current' },
          { text: ' of ' },
          { text: countOf(withTargets, 'host'), query: '' },
          { text: current === 1 ? ' runs' : ' run' },
        ]
  parts.push({ text: ` what ${withTargets === 1 ? 'its' : 'their'} channels say, and proved it.` })
  const going = channels.filter(isGoing)
  for (const card of going.slice(0, 2))
    parts.push({ text: ` ${card.channel}@${card.release} ${goingText(card, update.nowMs)}.` })
  if (going.length > 2) parts.push({ text: ` ${countOf(going.length - 2, 'more rollout')} under way.` })
  return parts
}

/** A release that some reachable host has yet to prove. */
export const isGoing = (card: ChannelCard): boolean =>
  card.release > 0 && card.counts.updating + card.counts['catching-up'] + card.counts.waiting + card.counts.paused > 0

function goingText(card: ChannelCard, nowMs: number): string {
  if (card.rollout?.state === 'paused') return `is paused at wave ${card.rollout.wave} of ${card.rollout.waves}`
  if (card.rollout?.state === 'gated')
    return `waits for a gate after wave ${card.rollout.wave} of ${card.rollout.waves}`
  return `is going out${estimateText(card.estimate, nowMs)}`
}

/** `: half by 14:07, 95 % by 14:21`, or nothing while nothing honest can be said. */
export function estimateText({ halfByMs, almostAllByMs }: ConvergenceEstimate, nowMs: number): string {
  const parts: string[] = []
  if (halfByMs !== null && halfByMs > nowMs) parts.push(`half by ${formatTime(halfByMs, nowMs)}`)
  if (almostAllByMs !== null && almostAllByMs > nowMs) parts.push(`95 % by ${formatTime(almostAllByMs, nowMs)}`)
  return parts.length === 0 ? '' : `: ${parts.join(', ')}`
}

const WITHOUT = {
  'too-early': 'too early to say when',
  'no-progress': 'nobody has moved lately',
  paused: 'paused',
  gated: 'waits for a gate',
  stuck: 'too many hosts are stuck',
} as const

/** What is said of time left, with those that are away told apart. */
export function etaText(estimate: ConvergenceEstimate, nowMs: number): string {
  const { almostAllByMs, halfByMs, offline, without } = estimate
  const away = offline > 0 ? ` · +${formatCount(offline)} when they return` : ''
  if (almostAllByMs !== null && almostAllByMs > nowMs) return `95 % by ${formatTime(almostAllByMs, nowMs)}${away}`
  if (halfByMs !== null && halfByMs > nowMs) return `half by ${formatTime(halfByMs, nowMs)}${away}`
  if (without !== null) return `${WITHOUT[without]}${away}`
  return away.replace(' · ', '')
}
