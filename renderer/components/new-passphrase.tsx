import type { ReactElement } from 'react'
import { passphraseProblem } from '../state/passphrase.ts'
import { TextField } from './field.tsx'

/** A passphrase as it is typed, and typed again. */
export interface TypedTwice {
  readonly passphrase: string
  readonly again: string
}
export const NOTHING_TYPED: TypedTwice = { passphrase: '', again: '' }

export function NewPassphrase({
  typed,
  onChange,
}: {
  readonly typed: TypedTwice
  readonly onChange: (typed: TypedTwice) => void
}): ReactElement {
  return (
    <>
      <TextField
        label="Passphrase"
        type="password"
        value={typed.passphrase}
        onChange={(passphrase) => onChange({ ...typed, passphrase })}
      />
      <TextField
        label="The same again"
        type="password"
        value={typed.again}
        onChange={(again) => onChange({ ...typed, again })}
        wrong={typed.again === '' ? undefined : passphraseProblem(typed.passphrase, typed.again)}
        hint="It cannot be recovered: without it these keys are lost."
      />
    </>
  )
}
