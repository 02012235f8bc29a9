import { type ReactElement, type ReactNode, useId } from 'react'

/** A labelled input of one line, with its hint or what is wrong with it. */
export function TextField({
  label,
  value,
  onChange,
  hint,
  wrong,
  type = 'text',
  mono = false,
  placeholder,
  autoFocus = false,
  readOnly = false,
}: {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
  readonly hint?: ReactNode
  readonly wrong?: string | undefined
  readonly type?: 'text' | 'password' | 'number'
  readonly mono?: boolean
  readonly placeholder?: string
  readonly autoFocus?: boolean
  readonly readOnly?: boolean
}): ReactElement {
  const id = useId()
  const note = `${id}-note`
  const noted = wrong !== undefined || hint !== undefined
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        className={mono ? 'input mono' : 'input'}
        type={type}
        value={value}
        placeholder={placeholder}
        readOnly={readOnly}
        autoComplete={type === 'password' ? 'new-password' : 'off'}
        spellCheck={false}
        autoFocus={autoFocus}
        aria-invalid={wrong === undefined ? undefined : true}
        aria-describedby={noted ? note : undefined}
        onChange={(event) => onChange(event.target.value)}
      />
      {wrong !== undefined ? (
        <p id={note} className="wrong">
          {wrong}
        </p>
      ) : (
        hint !== undefined && (
          <p id={note} className="hint">
            {hint}
          </p>
        )
      )}
    </div>
  )
}

/** A choice of a few, by the browser's own list. */
export function SelectField<T extends string>({
  label,
  value,
  options,
  onChange,
  inline = false,
}: {
  readonly label: string
  readonly value: T
  readonly options: readonly { readonly value: T; readonly text: string }[]
  readonly onChange: (value: T) => void
  /** The label beside the list. */
  readonly inline?: boolean
}): ReactElement {
  const id = useId()
  return (
    <div className={inline ? 'row' : 'field'}>
      <label htmlFor={id} className={inline ? 'quiet small nowrap' : undefined}>
        {label}
      </label>
      <select
        id={id}
        className="select"
        value={value}
        onChange={(event) => {
          const chosen = options.find((option) => option.value === event.target.value)
          if (chosen !== undefined) onChange(chosen.value)
        }}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </div>
  )
}
