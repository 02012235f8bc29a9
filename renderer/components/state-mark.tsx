import type { ReactElement } from 'react'
import type { HostCondition } from '../../protocol/control/window.ts'
import { MARKS, type Shape } from '../state/mark.ts'

/** A host's state: a shape and a colour, and the word that says the same. */
export function StateMark({
  state,
  children,
}: {
  readonly state: HostCondition
  /** After the word: how far, or why. */
  readonly children?: React.ReactNode
}): ReactElement {
  const { word, shape, tone, meaning } = MARKS[state]
  return (
    <span className="mark" title={meaning}>
      <span className={`${tone} row`}>
        <ShapeMark shape={shape} />
      </span>
      <span className="clip">
        {word}
        {children}
      </span>
    </span>
  )
}

/** The shape alone, where the word stands beside it anyway. */
export function ShapeMark({ shape }: { readonly shape: Shape }): ReactElement {
  return (
    <svg
      width="12"
      height="12"
      viewBox="0 0 12 12"
      aria-hidden="true"
      focusable="false"
      fill="none"
      stroke="currentColor"
    >
      {SHAPES[shape]}
    </svg>
  )
}

const SHAPES: Readonly<Record<Shape, ReactElement>> = {
  disc: <circle cx="6" cy="6" r="4.5" fill="currentColor" stroke="none" />,
  half: (
    <>
      <circle cx="6" cy="6" r="4" strokeWidth="1.5" />
      <path d="M6 2a4 4 0 0 1 0 8z" fill="currentColor" stroke="none" />
    </>
  ),
  ring: <circle cx="6" cy="6" r="4" strokeWidth="1.5" />,
  dashed: <circle cx="6" cy="6" r="4" strokeWidth="1.5" strokeDasharray="2.1 2.1" />,
  dot: <circle cx="6" cy="6" r="2" fill="currentColor" stroke="none" />,
  question: (
    <>
      <path d="M3.8 4.200a2.2 2.2 0 1 1 3.2 2c-.7.4-1 .7-1 1.4" strokeWidth="1.6" strokeLinecap="round" />
      <circle cx="6" cy="10" r="0.9" fill="currentColor" stroke="none" />
    </>
  ),
  cross: <path d="M2.5 2.500l7 7M9.5 2.500l-7 7" strokeWidth="2" strokeLinecap="round" />,
  unequal: <path d="M2 4.300h8M2 7.700h8M8.2 1.800l-4.4 8.4" strokeWidth="1.5" strokeLinecap="round" />,
  bars: <path d="M4 2.500v7M8 2.500v7" strokeWidth="2" strokeLinecap="round" />,
  lock: (
    <>
      <path d="M4 5.500V4a2 2 0 0 1 4 0v1.5" strokeWidth="1.4" />
      <rect x="2.5" y="5.3" width="7" height="5" rx="1" fill="currentColor" stroke="none" />
    </>
  ),
  bar: (
    <>
      <circle cx="6" cy="6" r="4.2" strokeWidth="1.5" />
      <path d="M3.6 6h4.8" strokeWidth="1.8" />
    </>
  ),
  again: <path d="M9.8 6a3.9 3.9 0 1 1-1.3-2.900M9.3 1v2.600H6.7" strokeWidth="1.5" strokeLinecap="round" />,
  return: (
    <path d="M3 4h4.300a2.6 2.6 0 0 1 0 5.200H4.500M4.8 1.8 2.5 4l2.3 2.2" strokeWidth="1.5" strokeLinecap="round" />
  ),
}
