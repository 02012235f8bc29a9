import type { HostLine, RolloutSummary, WaveView } from '../../protocol/control/index.ts'
import { exactTerm } from '../../protocol/query/index.ts'
import type { RolloutView } from '../../protocol/rollout/index.ts'

/** Where a release that goes out in waves stands; null for one that goes to everybody at once. Pure. */
export function rolloutSummary(
  view: RolloutView | null,
  lines: readonly HostLine[],
  release: number,
): RolloutSummary | null {
  if (view === null || view.waves.length < 2) return null
  const all = lines.every((line) => line.proved && line.release >= release)
  const waves = view.waves.length
  if (view.paused !== null) return { state: 'paused', wave: view.open, waves }
  if (view.open < waves) return { state: 'gated', wave: view.open, waves }
  return { state: all ? 'done' : 'running', wave: view.open, waves }
}

/** What is known of when waves opened, beside the promotion in the view. */
export interface WavesKnown {
  readonly publishedMs: number
  /** When a wave was first seen open here. */
  seenMs(wave: number): number | undefined
  /** When its first host committed the release. */
  committedMs(wave: number): number | undefined
}

/** The waves of a release as the console shows them; none when it goes to everybody at once. Pure. */
export function waveViews(channel: string, view: RolloutView | null, known: WavesKnown): readonly WaveView[] {
  if (view === null || view.waves.length < 2) return []
  return view.waves.map((wave) => ({
    number: wave.number,
    name: `Wave ${wave.number}`,
    who: wave.select,
    query: `${exactTerm('channel', channel)} ${exactTerm('wave', wave.number)}`,
    state: waveState(wave.number, view, wave.counts.healthy >= wave.hosts),
    hosts: wave.hosts,
    converged: wave.counts.healthy,
    failed: wave.counts.failed,
    openedMs: openedMs(wave.number, view, known),
    gates: wave.gates.map((gate) => ({
      kind: gate.kind === 'after' ? 'time' : gate.kind === 'approve' ? 'approval' : 'healthy',
      text: gate.text,
      met: gate.passed,
      share: gate.have === null || wave.hosts === 0 ? null : gate.have / wave.hosts,
      needed: gate.need === null || wave.hosts === 0 ? null : gate.need / wave.hosts,
      metByMs: gate.at === null ? null : Date.parse(gate.at),
    })),
  }))
}

/** The earliest of what says that a wave was open: it opened then, or before. */
function openedMs(number: number, { open, promoted }: RolloutView, known: WavesKnown): number | null {
  if (number > open) return null
  if (number === 1) return known.publishedMs
  const promotedMs = promoted !== null && promoted.wave >= number ? Date.parse(promoted.at) : undefined
  const times = [promotedMs, known.seenMs(number), known.committedMs(number)].flatMap((ms) => ms ?? [])
  return times.length === 0 ? null : Math.max(known.publishedMs, Math.min(...times))
}

function waveState(number: number, { open, paused }: RolloutView, whole: boolean): WaveView['state'] {
  if (number <= open && whole) return 'done'
  if (paused !== null && number >= paused.fromWave) return 'paused'
  if (number <= open) return 'open'
  return number === open + 1 ? 'next' : 'later'
}
