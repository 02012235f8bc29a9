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

/** The waves of a release as the console shows them; none when it goes to everybody at once. Pure. */
export function waveViews(channel: string, view: RolloutView | null, publishedMs: number): readonly WaveView[] {
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
    openedMs: openedMs(wave.number, view, publishedMs),
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

function openedMs(number: number, { open, promoted }: RolloutView, publishedMs: number): number | null {
  if (number > open) return null
  if (number === 1) return publishedMs
  return promoted?.wave === number ? Date.parse(promoted.at) : null
}

function waveState(number: number, { open, paused }: RolloutView, whole: boolean): WaveView['state'] {
  if (number <= open && whole) return 'done'
  if (paused !== null && number >= paused.fromWave) return 'paused'
  if (number <= open) return 'open'
  return number === open + 1 ? 'next' : 'later'
}
