import type { ReactElement } from 'react'
import { useSession } from '../state/hooks.ts'
import { SelectField } from './field.tsx'

/** No channel is called so. */
const ALL = '\u0000all'

/** One channel of the mesh, or all of them. One that is not known here, from an address, stands in the list too. */
export function ChannelSelect({
  value,
  onChange,
}: {
  readonly value: string | undefined
  readonly onChange: (channel: string | undefined) => void
}): ReactElement {
  const { overview } = useSession()
  const known = overview?.channels.map((card) => card.channel) ?? []
  const names = new Set(value === undefined ? known : [...known, value])
  return (
    <SelectField
      label="Channel"
      inline
      value={value ?? ALL}
      options={[{ value: ALL, text: 'all' }, ...[...names].map((name) => ({ value: name, text: name }))]}
      onChange={(chosen) => onChange(chosen === ALL ? undefined : chosen)}
    />
  )
}
