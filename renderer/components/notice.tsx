import type { ReactElement, ReactNode } from 'react'
import type { Feed } from '../state/hooks.ts'
import type { Problem } from '../state/feed.ts'
import { showText } from '../state/text.ts'
import { Icon, type IconName } from './icon.tsx'

/** What stands where there is nothing: what it means, and what to do next. */
export function Empty({
  icon,
  title,
  isPage = false,
  children,
}: {
  readonly icon: IconName
  readonly title: string
  /** There is nothing else on the page: the title is its heading. */
  readonly isPage?: boolean
  readonly children?: ReactNode
}): ReactElement {
  const Title = isPage ? 'h1' : 'p'
  return (
    <div className="empty">
      <Icon name={icon} size={22} />
      <Title className="strong">{title}</Title>
      {children !== undefined && <div className="quiet stack tight">{children}</div>}
    </div>
  )
}

/** Why something did not work, in the agent's words, and that nothing else changed. */
export function Failure({
  problem,
  what,
  onRetry,
}: {
  readonly problem: Problem
  readonly what: string
  readonly onRetry?: (() => void) | undefined
}): ReactElement {
  return (
    <div className="failure" role="alert">
      <span className="bad">
        <Icon name="warn" />
      </span>
      <div className="grow">
        <p className="strong">{what}</p>
        <p className="break">{showText(problem.message, { max: 1_000, lines: true })}</p>
        <p className="quiet small">
          <code>{problem.code}</code>
        </p>
      </div>
      {onRetry !== undefined && (
        <button type="button" className="button" onClick={onRetry}>
          Try again
        </button>
      )}
    </div>
  )
}

/** Grey bars of about the shape of what is coming. */
export function Skeleton({ lines = 6, what }: { readonly lines?: number; readonly what: string }): ReactElement {
  return (
    <div className="skeleton" role="status">
      <span className="visually-hidden">Loading {what}…</span>
      {Array.from({ length: lines }, (_, line) => (
        <span key={line} style={{ inlineSize: `${92 - ((line * 37) % 45)}%` }} />
      ))}
    </div>
  )
}

/** The states of a feed around what is shown of it: loading, refused, stopped and greyed, live. */
export function FeedFrame<T>({
  feed,
  what,
  lines,
  className,
  children,
}: {
  readonly feed: Feed<T>
  /** `hosts`, `the rollout`: for loading and failing. */
  readonly what: string
  readonly lines?: number
  readonly className?: string
  readonly children: (value: T, feed: Feed<T>) => ReactNode
}): ReactElement {
  const { value, phase, error } = feed
  return (
    <>
      {phase === 'failed' && error !== undefined && (
        <Failure problem={error} what={`The agent does not give ${what}`} onRetry={feed.retry} />
      )}
      {value === undefined && phase !== 'failed' && (
        <Skeleton what={what} {...(lines === undefined ? {} : { lines })} />
      )}
      {value !== undefined && (
        <div className={`feed ${className ?? 'stack'}`} data-stale={phase !== 'live' && !feed.complete}>
          {children(value, feed)}
        </div>
      )}
    </>
  )
}
