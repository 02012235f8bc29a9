import { formatDuration } from '../units/index.ts'
import type { CompiledWave } from './compile.ts'
import type { RolloutState, WaveState } from './evaluate.ts'

/** What the gates of a wave ask for: `95 % of wave 1 healthy for 30m`. Says nothing that changes by itself. */
export function askOf({ number, gates }: CompiledWave): string {
  const { healthyPercent, afterMs, approve } = gates
  const time = afterMs === undefined ? '' : ` for ${formatDuration(afterMs)}`
  const share =
    healthyPercent !== undefined
      ? `${healthyPercent} % of wave ${number} healthy${time}`
      : afterMs !== undefined
        ? `a healthy host of wave ${number}${time}`
        : undefined
  if (!approve) return share ?? 'nothing'
  return share === undefined ? 'a person to promote it' : `a person to promote it, after ${share}`
}

/** What the first wave that is not open waits for, with the evidence and its age; undefined when all are open. */
export function nextInWords(state: RolloutState): string | undefined {
  const gate = state.waves[state.open - 1]
  if (gate === undefined || state.open >= state.waves.length) return undefined
  const next = `wave ${state.open + 1}`
  if (gate.progress.hosts === 0) {
    return `${next} waits for ${askOf(gate)}, but wave ${gate.number} (${gate.select}) reaches no host that is known here`
  }
  return `${next} waits for ${askOf(gate)}${progressOf(gate)}, ${evidenceOf(gate)}`
}

function progressOf({ gates, progress }: WaveState): string {
  const { healthy, ripe, hosts, need } = progress
  if (need === 0) return ''
  const enough = gates.afterMs === undefined ? '' : `, ${ripe} of them for long enough`
  return `: ${healthy} of ${hosts} host${hosts === 1 ? '' : 's'} so far${enough}, ${need} needed`
}

function evidenceOf({ counts, progress, known }: WaveState): string {
  const unknown = progress.hosts - known
  const silent = counts.unknown + unknown
  const age =
    progress.evidenceAgeMs === undefined
      ? 'none of them ever spoke'
      : `newest evidence ${ageOf(progress.evidenceAgeMs)}`
  const quiet = silent === 0 ? '' : `, ${silent} silent or not known here`
  return `${age}${quiet}${counts.failed === 0 ? '' : `, ${counts.failed} failed`}`
}

const ageOf = (ms: number): string => (ms < 500 ? 'just now' : `${formatDuration(Math.round(ms / 1000) * 1000)} old`)

/** Names a publisher's key to a person. */
export const keyInWords = (key: string): string => `publisher ${key.slice(0, 8)}`
