import type { ReactElement } from 'react'

/** One of a few, all of them in sight. */
export function Segments<T extends string>({
  label,
  value,
  options,
  onChange,
}: {
  readonly label: string
  readonly value: T
  /** With what each is called, where that is not its value. */
  readonly options: readonly (T | { readonly value: T; readonly text: string })[]
  readonly onChange: (value: T) => void
}): ReactElement {
  return (
    <div className="segments" role="group" aria-label={label}>
      {options.map((option) => {
        const one = typeof option === 'string' ? { value: option, text: option } : option
        return (
          <button key={one.value} type="button" aria-pressed={one.value === value} onClick={() => onChange(one.value)}>
            {one.text}
          </button>
        )
      })}
    </div>
  )
}
