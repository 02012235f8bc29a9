import { type ReactElement, useState } from 'react'

/**
 * Reads a text out once for each thing that it is about. What changes with every picture stands on the page, and is read by whoever goes there:
 * nobody listens to numbers four times a second.
 */
export function Said({
  about,
  text,
}: {
  readonly about: string
  /** Undefined until it is known. */
  readonly text: string | undefined
}): ReactElement {
  const [said, setSaid] = useState({ about: '', text: '' })
  if (text !== undefined && said.about !== about) setSaid({ about, text })
  return (
    <p role="status" className="visually-hidden">
      {said.text}
    </p>
  )
}
