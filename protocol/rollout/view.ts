import type { ChannelRollout, GateView, RolloutView, WaveView } from '../status/index.ts'
import { formatDuration } from '../units/index.ts'
import type { RolloutState, WaveState } from './evaluate.ts'
import { nextInWords } from './words.ts'

const iso = (ms: number): string => new Date(ms).toISOString()
const isoOrNull = (ms: number | undefined): string | null => (ms === undefined ? null : iso(ms))

/** A rollout as `shoal status --json` tells it. Pure. */
export function rolloutView(state: RolloutState): RolloutView {
  const { sequence, waves, open, paused, promoted } = state
  const text = nextInWords(state)
  const gate = waves[open - 1]?.progress
  const age = gate?.evidenceAgeMs
  return {
    sequence,
    waves: waves.map((wave) => waveView(wave, open)),
    open,
    paused: paused === undefined ? null : { fromWave: paused.fromWave, ...wordView(paused) },
    promoted: promoted === undefined ? null : { wave: promoted.wave, ...wordView(promoted) },
    next:
      text === undefined
        ? null
        : {
            wave: open + 1,
            text,
            at: isoOrNull(gate?.atMs),
            evidenceAgeSeconds: age === undefined ? null : Math.round(age / 1000),
          },
  }
}

/** What a status document needs of it. */
export const channelRollout = (state: RolloutState): ChannelRollout => ({
  view: rolloutView(state),
  waveOf: (member) => state.waveOf(member),
})

const wordView = ({ by, atMs, message }: { readonly by: string; readonly atMs: number; readonly message: string }) => ({
  by,
  at: iso(atMs),
  message,
})

const waveView = (wave: WaveState, open: number): WaveView => ({
  number: wave.number,
  select: wave.select,
  late: wave.late,
  open: wave.number <= open,
  hosts: wave.known,
  counts: wave.counts,
  gates: gateViews(wave, open > wave.number),
})

function gateViews({ gates, progress }: WaveState, over: boolean): readonly GateView[] {
  const { healthyPercent, afterMs, approve } = gates
  const { hosts, healthy, ripe, need, atMs } = progress
  const at = over ? null : isoOrNull(atMs)
  const views: GateView[] = []
  if (healthyPercent !== undefined) {
    const passed = over || healthy >= need
    const text = `${healthyPercent} % healthy: ${healthy} of ${hosts} hosts, ${need} needed`
    views.push({ kind: 'healthy', passed, text, have: healthy, need, at: null })
  }
  if (afterMs !== undefined) {
    const text = `healthy for ${formatDuration(afterMs)}: ${ripe} of ${hosts} hosts, ${need} needed`
    views.push({ kind: 'after', passed: over || ripe >= need, text, have: ripe, need, at })
  }
  if (approve) {
    views.push({
      kind: 'approve',
      passed: over,
      text: 'a person promotes the next wave',
      have: null,
      need: null,
      at: null,
    })
  }
  return views
}
