import { type ReactElement, useRef } from 'react'
import { useCommand } from '../state/hooks.ts'
import { Icon } from './icon.tsx'

/** Plain text that narrows what stands below it. `/` goes here, Escape leaves. */
export function FilterField({
  label,
  placeholder,
  value,
  onChange,
}: {
  readonly label: string
  readonly placeholder: string
  readonly value: string
  readonly onChange: (value: string) => void
}): ReactElement {
  const input = useRef<HTMLInputElement>(null)
  useCommand('filter', () => input.current?.focus())
  return (
    <div className="query grow">
      <Icon name="search" size={14} />
      <input
        ref={input}
        className="query-input"
        aria-label={label}
        placeholder={placeholder}
        value={value}
        spellCheck={false}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
      />
      <span className="key" aria-hidden="true">
        /
      </span>
    </div>
  )
}
