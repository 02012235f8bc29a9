import { type ReactElement, useId, useRef, useState } from 'react'
import { completeQuery, parseQuery, type QueryError } from '../../protocol/query/index.ts'
import { useAnswer, useCommand } from '../state/hooks.ts'
import { showText } from '../state/text.ts'
import { Icon } from './icon.tsx'

const NO_WORDS = { sites: [], channels: [], releases: [], labels: [], errors: [] }
/** Candidates shown at once. */
const SHOWN = 10

/** A query of hosts with completion: keys first, then the words that this mesh has. `/` goes here. */
export function QueryField({
  value,
  onChange,
  label = 'Filter hosts',
}: {
  readonly value: string
  readonly onChange: (value: string) => void
  readonly label?: string
}): ReactElement {
  const id = useId()
  const input = useRef<HTMLInputElement>(null)
  const [cursor, setCursor] = useState(value.length)
  const [open, setOpen] = useState(false)
  const [at, setAt] = useState(-1)
  const words = useAnswer('query-words', (client, signal) => client.call('queryVocabulary', {}, { signal }))
  const { from, to, candidates } = completeQuery(value, cursor, words.value ?? NO_WORDS)
  const shown = open ? candidates.slice(0, SHOWN) : []
  const error = queryProblem(value)
  useCommand('filter', () => {
    input.current?.focus()
    input.current?.select()
  })
  const take = (text: string): void => {
    const next = `${value.slice(0, from)}${text}${text.endsWith(':') ? '' : ' '}${value.slice(to).trimStart()}`
    const place = from + text.length + (text.endsWith(':') ? 0 : 1)
    onChange(next)
    setCursor(place)
    setAt(-1)
    requestAnimationFrame(() => input.current?.setSelectionRange(place, place))
  }
  return (
    <div className="query">
      <Icon name="search" size={14} />
      <input
        ref={input}
        className="query-input"
        role="combobox"
        aria-label={label}
        aria-expanded={shown.length > 0}
        aria-controls={`${id}-list`}
        aria-autocomplete="list"
        aria-activedescendant={at >= 0 && shown[at] !== undefined ? `${id}-${at}` : undefined}
        aria-invalid={error === undefined ? undefined : true}
        aria-describedby={error === undefined ? undefined : `${id}-error`}
        placeholder="is:failed -site:oslo release:<12 label:role=web"
        autoComplete="off"
        spellCheck={false}
        value={value}
        onChange={(event) => {
          onChange(event.target.value)
          setCursor(event.target.selectionStart ?? event.target.value.length)
          setOpen(true)
          setAt(-1)
        }}
        onSelect={(event) => setCursor(event.currentTarget.selectionStart ?? 0)}
        onFocus={() => setOpen(true)}
        onBlur={() => setOpen(false)}
        onKeyDown={(event) => {
          const candidate = shown[at]
          if (event.key === 'ArrowDown' && shown.length > 0) setAt((at + 1) % shown.length)
          else if (event.key === 'ArrowUp' && shown.length > 0) setAt((at - 1 + shown.length) % shown.length)
          else if ((event.key === 'Enter' || event.key === 'Tab') && candidate !== undefined) take(candidate.text)
          else if (event.key === 'Enter') setOpen(false)
          else if (event.key === 'Escape') {
            if (open && shown.length > 0) setOpen(false)
            else input.current?.blur()
          } else return
          event.preventDefault()
        }}
      />
      {value !== '' && (
        <button type="button" className="button plain icon" aria-label="Clear the filter" onClick={() => onChange('')}>
          <Icon name="close" size={13} />
        </button>
      )}
      <span className="key" aria-hidden="true">
        /
      </span>
      <ul id={`${id}-list`} role="listbox" aria-label="Completions" className="query-list" hidden={shown.length === 0}>
        {shown.map((candidate, place) => (
          <li
            key={candidate.text}
            id={`${id}-${place}`}
            role="option"
            aria-selected={place === at}
            onMouseDown={(event) => {
              event.preventDefault()
              take(candidate.text)
            }}
          >
            <code>{showText(candidate.text, { max: 60 })}</code>
            <span className="quiet small clip">{candidate.about}</span>
          </li>
        ))}
      </ul>
      {error !== undefined && (
        <p id={`${id}-error`} className="query-error" role="status">
          Character {error.from + 1}: {showText(error.message, { max: 240 })}
        </p>
      )}
    </div>
  )
}

/** What is wrong with a query; nothing while only its end is missing. */
export function queryProblem(text: string): QueryError | undefined {
  const parsed = parseQuery(text)
  return parsed.ok || parsed.error.incomplete ? undefined : parsed.error
}
