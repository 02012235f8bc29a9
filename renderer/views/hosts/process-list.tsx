import type { ReactElement } from 'react'
import type { StaleProcessView } from '../../../protocol/status/index.ts'
import { Moment } from '../../components/values.tsx'
import { countOf } from '../../state/format.ts'
import { showText } from '../../state/text.ts'

const WHY = {
  executable: 'its program was replaced',
  mapped: 'a library that it uses was replaced',
  open: 'a file that it has open was replaced',
  directory: 'it works in a directory that was replaced',
  watched: 'it read what has changed since',
} as const satisfies Record<StaleProcessView['why'], string>

/** Processes by name, with the reason. Nothing when there are none. */
export function ProcessList({
  title,
  processes,
  nowMs,
}: {
  readonly title: string
  readonly processes: readonly StaleProcessView[]
  readonly nowMs: number
}): ReactElement | null {
  if (processes.length === 0) return null
  return (
    <details>
      <summary>
        <span className="held">{countOf(processes.length, 'process', 'processes')}</span> {title}
      </summary>
      <ul className="events">
        {processes.map((process) => (
          <li key={process.pid}>
            <span className="quiet small nowrap">{process.pid}</span>
            <span className="break">
              {showText(process.unit === '' ? process.command : process.unit, { max: 120 })}
              <span className="quiet small">
                {' '}
                {WHY[process.why]}, started <Moment atMs={Date.parse(process.startedAt)} nowMs={nowMs} />
              </span>
            </span>
          </li>
        ))}
      </ul>
    </details>
  )
}
