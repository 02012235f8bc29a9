import type { ChannelView, HostView } from '../../protocol/status/index.ts'

/** How a host's state is shown: a word, a shape and a colour, so that none of them is needed alone. */
export interface StateMark {
  readonly word: string
  readonly shape: '●' | '◐' | '▲' | '○'
  readonly tone: 'good' | 'busy' | 'bad' | 'quiet'
}

/** Pure: the mark of one host on one channel whose head is `sequence`. */
export function markOf(host: HostView, sequence: number): StateMark {
  if (host.proved && host.sequence === sequence) return { word: 'proved', shape: '●', tone: 'good' }
  switch (host.state) {
    case 'failed':
    case 'drifted':
    case 'rolled-back':
      return { word: host.state, shape: '▲', tone: 'bad' }
    case 'idle':
    case 'held':
      return { word: host.state, shape: '○', tone: 'quiet' }
    default:
      return { word: host.state, shape: '◐', tone: 'busy' }
  }
}

/** `4 of 5 hosts proved release 2`, never a bare percentage. */
export const convergenceText = (channel: ChannelView): string =>
  channel.sequence === 0
    ? `no release is known here; ${channel.hosts} hosts wait for one`
    : `${channel.converged} of ${channel.hosts} hosts proved release ${channel.sequence}`

/** Age of evidence in words: `3 s`, `5 min`, `2 h`, `4 d`. */
export function ageText(seconds: number): string {
  if (seconds < 120) return `${seconds} s`
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`
  if (seconds < 172_800) return `${Math.round(seconds / 3600)} h`
  return `${Math.round(seconds / 86_400)} d`
}
