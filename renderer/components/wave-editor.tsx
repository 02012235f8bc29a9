import type { ReactElement } from 'react'
import type { WavesPreview } from '../../protocol/control/window.ts'
import { countOf, formatCount } from '../state/format.ts'
import type { Feed } from '../state/hooks.ts'
import { showText } from '../state/text.ts'
import { NEW_WAVE, WAVE_PRESETS, type WaveDraft, waveProblem } from '../state/waves.ts'
import { TextField } from './field.tsx'
import { Icon } from './icon.tsx'

/** Waves that one release may have besides the one of all others. */
const WAVES_MAX = 15

/** Who gets a release first, and what must hold before the next ones do; with how many hosts that is now. */
export function WaveEditor({
  waves,
  onChange,
  preview,
}: {
  readonly waves: readonly WaveDraft[]
  readonly onChange: (waves: readonly WaveDraft[]) => void
  readonly preview: Feed<WavesPreview>
}): ReactElement {
  const preset = WAVE_PRESETS.find((one) => JSON.stringify(one.waves) === JSON.stringify(waves))
  const reach = preview.value?.waves
  const patch = (place: number, part: Partial<WaveDraft>): void =>
    onChange(waves.map((wave, at) => (at === place ? { ...wave, ...part } : wave)))
  return (
    <div className="stack">
      <div className="segments" role="group" aria-label="How it spreads">
        {WAVE_PRESETS.map((one) => (
          <button key={one.id} type="button" aria-pressed={preset === one} onClick={() => onChange(one.waves)}>
            {one.name}
          </button>
        ))}
        <button
          type="button"
          aria-pressed={preset === undefined}
          onClick={() => onChange([...waves, next(waves)])}
          disabled={waves.length >= WAVES_MAX}
        >
          Own waves
        </button>
      </div>
      <ol className="stack tight" aria-label="Waves">
        {waves.map((wave, place) => (
          <li key={place} className="panel wave-edit">
            <span className="wave-number">{place + 1}</span>
            <TextField
              label="Who"
              mono
              value={wave.select}
              onChange={(select) => patch(place, { select })}
              wrong={waveProblem(wave, waves.slice(0, place))}
            />
            <Gate
              label="% healthy"
              value={wave.healthyPercent}
              first={95}
              max={100}
              onChange={(healthyPercent) => patch(place, { healthyPercent })}
            />
            <Gate
              label="minutes"
              value={wave.afterMinutes}
              first={30}
              max={7 * 24 * 60}
              onChange={(afterMinutes) => patch(place, { afterMinutes })}
            />
            <label className="check gate">
              <input
                type="checkbox"
                checked={wave.approve}
                onChange={(event) => patch(place, { approve: event.target.checked })}
              />
              a person approves
            </label>
            <span className="wave-reach">
              {reach?.[place] === undefined ? '' : countOf(reach[place].hosts, 'host')}
            </span>
            <button
              type="button"
              className="button plain icon"
              aria-label={`Remove wave ${place + 1}`}
              onClick={() => onChange(waves.filter((_, at) => at !== place))}
            >
              <Icon name="close" size={13} />
            </button>
          </li>
        ))}
        <li className="panel wave-edit rest">
          <span className="wave-number">{waves.length + 1}</span>
          <span className="strong">{waves.length === 0 ? 'Everybody' : 'All others'}</span>
          <span className="wave-reach">{reach === undefined ? '' : countOf(reach.at(-1)?.hosts ?? 0, 'host')}</span>
        </li>
      </ol>
      {waves.length > 0 && waves.length < WAVES_MAX && (
        <div>
          <button type="button" className="button" onClick={() => onChange([...waves, next(waves)])}>
            <Icon name="plus" size={13} /> Add a wave
          </button>
        </div>
      )}
      {preview.error !== undefined && (
        <p className="bad" role="status">
          {showText(preview.error.message, { max: 300 })}
        </p>
      )}
      {preview.value?.warnings.map((warning) => (
        <p key={warning} className="held">
          {showText(warning, { max: 240 })}
        </p>
      ))}
      {preview.value !== undefined && (
        <p className="quiet">
          {preview.value.hosts === 1 ? '1 host has' : `${formatCount(preview.value.hosts)} hosts have`} the channel as a
          target, or {preview.value.hosts === 1 ? 'has' : 'have'} not said yet.
          {waves.length > 0 && ' The same hosts are in the same wave every time for this release.'}
        </p>
      )}
    </div>
  )
}

/** Twice the last share, below all. */
function next(waves: readonly WaveDraft[]): WaveDraft {
  const last = Number(/^(\d+)%$/.exec(waves.at(-1)?.select.trim() ?? '')?.[1] ?? 0)
  return last === 0 ? NEW_WAVE : { ...NEW_WAVE, select: `${Math.min(95, last * 2)}%` }
}

function Gate({
  label,
  value,
  first,
  max,
  onChange,
}: {
  readonly label: string
  readonly value: number | undefined
  /** What it is when it is turned on. */
  readonly first: number
  readonly max: number
  readonly onChange: (value: number | undefined) => void
}): ReactElement {
  return (
    <label className="check gate">
      <input
        type="checkbox"
        checked={value !== undefined}
        onChange={(event) => onChange(event.target.checked ? first : undefined)}
        aria-label={`Gate: ${label}`}
      />
      <input
        className="input gate-number"
        type="number"
        min={1}
        max={max}
        value={value ?? ''}
        disabled={value === undefined}
        aria-label={label}
        onChange={(event) => {
          const number = Math.round(Number(event.target.value))
          if (number >= 1 && number <= max) onChange(number)
        }}
      />
      {label}
    </label>
  )
}
