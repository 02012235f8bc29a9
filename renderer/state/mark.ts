import type { HostCondition } from '../../protocol/control/window.ts'

export type Tone = 'good' | 'busy' | 'wait' | 'held' | 'back' | 'away' | 'odd' | 'bad'
export type Shape =
  | 'disc'
  | 'half'
  | 'ring'
  | 'dashed'
  | 'question'
  | 'cross'
  | 'unequal'
  | 'bars'
  | 'lock'
  | 'bar'
  | 'again'
  | 'return'
  | 'dot'

/** How a host's state is shown: a word, a shape and a colour, so that none of them is needed alone. */
export interface StateMark {
  readonly word: string
  readonly shape: Shape
  readonly tone: Tone
  /** What it means, for a tooltip. */
  readonly meaning: string
}

export const MARKS: Readonly<Record<HostCondition, StateMark>> = {
  current: {
    word: 'current',
    shape: 'disc',
    tone: 'good',
    meaning: 'It signed that its tree equals the release of its channel',
  },
  updating: { word: 'updating', shape: 'half', tone: 'busy', meaning: 'It works on the release' },
  'catching-up': {
    word: 'catching up',
    shape: 'again',
    tone: 'back',
    meaning: 'It was away, missed releases, and works on the newest',
  },
  waiting: {
    word: 'waiting',
    shape: 'ring',
    tone: 'wait',
    meaning: 'It has not begun: its wave has not come, or it has not heard of the release',
  },
  paused: { word: 'paused', shape: 'bars', tone: 'held', meaning: 'The rollout is paused' },
  held: { word: 'held', shape: 'lock', tone: 'held', meaning: 'Its own budget, quiet hours or lock holds it' },
  refused: { word: 'refused', shape: 'bar', tone: 'bad', meaning: 'It does not take the release' },
  failed: {
    word: 'failed',
    shape: 'cross',
    tone: 'bad',
    meaning: 'It could not apply the release; its live tree is the one before',
  },
  drifted: { word: 'drifted', shape: 'unequal', tone: 'bad', meaning: 'Its live tree is not what it committed' },
  'rolled-back': {
    word: 'rolled back',
    shape: 'return',
    tone: 'bad',
    meaning: 'A health check failed, and it went back by itself',
  },
  offline: {
    word: 'offline',
    shape: 'dashed',
    tone: 'away',
    meaning: 'Not heard of for long; it catches up when it returns',
  },
  unknown: { word: 'unknown', shape: 'question', tone: 'odd', meaning: 'It never reported' },
  idle: { word: 'idle', shape: 'dot', tone: 'wait', meaning: 'Its channel has no release' },
}

/** From what needs a person to what does not: the order of legends, bars and facets. */
export const MARK_ORDER: readonly HostCondition[] = [
  'failed',
  'rolled-back',
  'drifted',
  'refused',
  'held',
  'paused',
  'updating',
  'catching-up',
  'waiting',
  'unknown',
  'offline',
  'idle',
  'current',
]
