import type { Gates } from '../records/index.ts'
import { queryText } from '../query/index.ts'
import { formatDuration, parseDuration } from '../units/index.ts'
import { LIMITS } from '../wire/limits.ts'
import { invalidWave, parsePercent, parseSelector, type Selector, selectsAll } from './selector.ts'

/** A wave as a person gives it. */
export interface WaveSpec {
  readonly selector: Selector
  readonly gates: Gates
  readonly late: boolean
}

/** A wave that names no gate: whatever follows waits until it is live and healthy everywhere. */
const DEFAULT_GATES: Gates = { healthyPercent: 100, afterMs: undefined, approve: false }
export const NO_GATES: Gates = { healthyPercent: undefined, afterMs: undefined, approve: false }

const OPTION = /^(healthy|after|approve|late)(=.*)?$/
/** A selector cannot end here: what follows is its value, whatever it looks like. */
const OPEN_KEY = /(^|[\s-])(host|name|site|label)$/

/**
 * Reads the waves of a release in order, each `SELECTOR[:healthy=95%][:after=30m][:approve][:late]`: what must hold of its hosts before the next
 * wave goes, and whether they fetch before their turn.
 * @throws WAVE_INVALID naming the wave and what is wrong with it
 */
export function parseWaves(specs: readonly string[]): readonly WaveSpec[] {
  if (specs.length > LIMITS.wavesPerHead) {
    throw invalidWave(specs[LIMITS.wavesPerHead] ?? '', `a release has at most ${LIMITS.wavesPerHead} waves`)
  }
  return specs.map((spec, i) => {
    const wave = parseWave(spec)
    const isLast = i === specs.length - 1
    if (selectsAll(wave.selector)) {
      if (!isLast) throw invalidWave(spec, `it is of all hosts, so that nothing is left for wave ${i + 2}`)
      if (wave.gates !== DEFAULT_GATES)
        throw invalidWave(spec, 'it is of all hosts, so that no wave follows to wait for its gates')
      return { ...wave, gates: NO_GATES }
    }
    for (const earlier of specs.slice(0, i)) checkApart(spec, wave.selector, parseWave(earlier).selector)
    return wave
  })
}

function checkApart(spec: string, selector: Selector, earlier: Selector): void {
  if (selector.text === earlier.text) throw invalidWave(spec, 'an earlier wave selects the same hosts')
  const sameHosts = queryText(selector.query) === queryText(earlier.query)
  const [percent = 100, before = 100] = [selector.percent, earlier.percent]
  if (sameHosts && percent <= before) {
    throw invalidWave(spec, `shares are of the same hosts and rise from wave to wave: ${before}% are in an earlier one`)
  }
}

function parseWave(spec: string): WaveSpec {
  if (spec.length > LIMITS.selectorBytes)
    throw invalidWave(spec, `it is longer than ${LIMITS.selectorBytes} characters`)
  let rest = spec
  const options: string[] = []
  for (;;) {
    const colon = rest.lastIndexOf(':')
    const option = rest.slice(colon + 1)
    if (colon < 0 || !OPTION.test(option) || OPEN_KEY.test(rest.slice(0, colon))) break
    options.unshift(option)
    rest = rest.slice(0, colon)
  }
  checkColons(rest, spec)
  const names = options.map((option) => option.split('=')[0] ?? '')
  const twice = names.find((name, i) => names.indexOf(name) !== i)
  if (twice !== undefined) throw invalidWave(spec, `:${twice} is given twice`)
  const valueOf = (name: string): string | undefined => {
    const option = options[names.indexOf(name)]
    return option === undefined ? undefined : option.slice(name.length)
  }
  const gates = {
    healthyPercent: healthyOf(valueOf('healthy'), spec),
    afterMs: afterOf(valueOf('after'), spec),
    approve: flagOf('approve', valueOf('approve'), spec),
  }
  const named = gates.healthyPercent !== undefined || gates.afterMs !== undefined || gates.approve
  const late = flagOf('late', valueOf('late'), spec)
  return { selector: parseSelector(rest), gates: named ? gates : DEFAULT_GATES, late }
}

/** A misspelt gate would else be taken for a part of a value. */
function checkColons(selector: string, spec: string): void {
  for (const word of selector.replaceAll(/"(?:\\.|[^"\\])*"?/g, '').split(/\s+/)) {
    const [, tail] = /^(?:-?[A-Za-z-]+:)?[^:]*(:.*)?$/s.exec(word) ?? []
    if (tail === undefined) continue
    const gates = 'gates are :healthy=95%, :after=30m, :approve and :late'
    throw invalidWave(
      spec,
      `${JSON.stringify(tail)} is none of its gates; ${gates}, and a value with a colon stands in quotes`,
    )
  }
}

function healthyOf(value: string | undefined, spec: string): number | undefined {
  if (value === undefined) return undefined
  if (!value.startsWith('=')) throw invalidWave(spec, ':healthy needs a share, such as :healthy=95%')
  return parsePercent(value.slice(1), spec)
}

function afterOf(value: string | undefined, spec: string): number | undefined {
  if (value === undefined) return undefined
  const ms = value.startsWith('=') ? parseDuration(value.slice(1)) : undefined
  if (ms !== undefined && ms > 0 && ms <= LIMITS.gateAfterMs) return ms
  throw invalidWave(spec, `:after needs a time of up to ${formatDuration(LIMITS.gateAfterMs)}, such as :after=30m`)
}

function flagOf(name: string, value: string | undefined, spec: string): boolean {
  if (value !== undefined && value !== '') throw invalidWave(spec, `:${name} takes no value`)
  return value !== undefined
}
