/** One wave as it is edited: who, and what must hold before the next one goes. */
export interface WaveDraft {
  /** `5%`, `label:role=canary`, `5% site:oslo`. */
  readonly select: string
  /** Share of its hosts that must be healthy, percent; undefined for no such gate. */
  readonly healthyPercent: number | undefined
  readonly afterMinutes: number | undefined
  readonly approve: boolean
}

export const NEW_WAVE: WaveDraft = { select: '5%', healthyPercent: 95, afterMinutes: 30, approve: false }

/** Ways to send that are offered by name. */
export const WAVE_PRESETS: readonly {
  readonly id: string
  readonly name: string
  readonly waves: readonly WaveDraft[]
}[] = [
  { id: 'at-once', name: 'Everybody at once', waves: [] },
  {
    id: 'careful',
    name: '5 %, then 25 %, then all',
    waves: [NEW_WAVE, { select: '25%', healthyPercent: 95, afterMinutes: 30, approve: false }],
  },
  {
    id: 'canary',
    name: 'Canaries, a person approves, then all',
    waves: [{ select: 'label:role=canary', healthyPercent: 100, afterMinutes: undefined, approve: true }],
  },
]

/** A wave as `shoal publish --wave` takes it: `SELECTOR[:healthy=95%][:after=30m][:approve]`. */
export function waveSpec(wave: WaveDraft): string {
  const gates = [
    ...(wave.healthyPercent === undefined ? [] : [`:healthy=${wave.healthyPercent}%`]),
    ...(wave.afterMinutes === undefined ? [] : [`:after=${wave.afterMinutes}m`]),
    ...(wave.approve ? [':approve'] : []),
  ]
  return `${wave.select.trim()}${gates.join('')}`
}

/** A wave in words: `5 % (95 % healthy, 30 min, approval)`. */
export function waveText(wave: WaveDraft): string {
  const gates = [
    ...(wave.healthyPercent === undefined ? [] : [`${wave.healthyPercent} % healthy`]),
    ...(wave.afterMinutes === undefined ? [] : [`${wave.afterMinutes} min`]),
    ...(wave.approve ? ['a person approves'] : []),
  ]
  const who = wave.select.trim().replace('%', ' %')
  return gates.length === 0 ? who : `${who} (${gates.join(', ')})`
}

/** What is plainly wrong with one wave before the agent is asked; undefined when nothing is. */
export function waveProblem(wave: WaveDraft, earlier: readonly WaveDraft[]): string | undefined {
  const select = wave.select.trim()
  if (select === '') return 'Say who: 5%, site:oslo, label:role=canary'
  const percent = sharesOf(select)
  const before = earlier.map((other) => sharesOf(other.select.trim())).filter((share) => share !== undefined)
  if (percent !== undefined && before.some((share) => share >= percent))
    return 'Shares rise from wave to wave: an earlier one has as many'
  if (earlier.some((other) => other.select.trim() === select)) return 'An earlier wave selects the same hosts'
  return undefined
}

const sharesOf = (select: string): number | undefined => {
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(select) ?? []
  return percent === undefined ? undefined : Number(percent)
}
