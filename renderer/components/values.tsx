import type { ReactElement } from 'react'
import { formatAge, formatAgo, formatBytes, formatCount, formatTime, formatUtc } from '../state/format.ts'
import { shortId, showText } from '../state/text.ts'

/** Text from elsewhere: never markup, hidden characters written out, length capped. */
export function Foreign({ text, max }: { readonly text: string; readonly max?: number }): ReactElement {
  const shown = showText(text, max === undefined ? {} : { max })
  return shown === text ? <>{shown}</> : <span title={showText(text, { max: 2_000 })}>{shown}</span>
}

/** How old a word is. `null` was never heard. */
export function Age({ atMs, nowMs }: { readonly atMs: number | null; readonly nowMs: number }): ReactElement {
  if (atMs === null) return <span className="quiet">never</span>
  return (
    <time dateTime={new Date(atMs).toISOString()} title={formatUtc(atMs)} className="nowrap">
      {formatAge(Math.max(0, (nowMs - atMs) / 1000))}
    </time>
  )
}

/** The same in a sentence: `4 s ago`, `just now`. */
export function Ago({ atMs, nowMs }: { readonly atMs: number | null; readonly nowMs: number }): ReactElement {
  if (atMs === null) return <span className="quiet">never</span>
  return (
    <time dateTime={new Date(atMs).toISOString()} title={formatUtc(atMs)} className="nowrap">
      {formatAgo(Math.max(0, (nowMs - atMs) / 1000))}
    </time>
  )
}

/** A moment in local time; UTC on hover. */
export function Moment({ atMs, nowMs }: { readonly atMs: number | null; readonly nowMs: number }): ReactElement {
  if (atMs === null) return <span className="quiet">–</span>
  return (
    <time dateTime={new Date(atMs).toISOString()} title={formatUtc(atMs)} className="nowrap">
      {formatTime(atMs, nowMs)}
    </time>
  )
}

/** A size in IEC units; plain bytes on hover. */
export function Bytes({ value }: { readonly value: number | null }): ReactElement {
  if (value === null) return <span className="quiet">–</span>
  return (
    <span className="nowrap" title={`${formatCount(value)} bytes`}>
      {formatBytes(value)}
    </span>
  )
}

/** A number in its own words; a dash while it is not known. */
export function Known({
  value,
  format,
}: {
  readonly value: number | null
  readonly format: (value: number) => string
}): ReactElement {
  return value === null ? <span className="quiet">–</span> : <>{format(value)}</>
}

/** A digest, key or peer id, cut in its middle; whole on hover. */
export function Id({ value }: { readonly value: string }): ReactElement {
  return (
    <code title={value} className="nowrap">
      {shortId(value)}
    </code>
  )
}
