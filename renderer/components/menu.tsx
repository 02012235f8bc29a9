import { type ReactElement, type ReactNode, useId, useRef } from 'react'

/** A button with a list of things to do below it: the browser's own popover, placed by hand because not every engine can anchor. */
export function Menu({
  label,
  className = 'button',
  title,
  children,
}: {
  readonly label: ReactNode
  readonly className?: string
  /** For a button without words. */
  readonly title?: string
  readonly children: ReactNode
}): ReactElement {
  const id = useId()
  const button = useRef<HTMLButtonElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const place = (): void => {
    if (button.current === null || list.current === null) return
    const at = button.current.getBoundingClientRect()
    const { offsetWidth: width, offsetHeight: height } = list.current
    const below = at.bottom + 4 + height <= innerHeight
    list.current.style.left = `${Math.max(8, Math.min(at.left, innerWidth - width - 8))}px`
    list.current.style.top = `${below ? at.bottom + 4 : Math.max(8, at.top - 4 - height)}px`
  }
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        popoverTarget={id}
        aria-haspopup="true"
        aria-label={title}
      >
        {label}
      </button>
      <div
        ref={list}
        id={id}
        popover="auto"
        className="popover"
        onToggle={(event) => {
          if (event.newState !== 'open') return
          place()
          list.current?.querySelector<HTMLElement>('button, a, input')?.focus()
        }}
        onClick={(event) => {
          if (event.target instanceof Element && event.target.closest('.menu-item') !== null)
            list.current?.hidePopover()
        }}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
          const items = [...(list.current?.querySelectorAll<HTMLElement>('button:not(:disabled), a') ?? [])]
          const at = items.findIndex((item) => item === document.activeElement)
          items.at((at + (event.key === 'ArrowDown' ? 1 : -1)) % items.length)?.focus()
          event.preventDefault()
        }}
      >
        {children}
      </div>
    </>
  )
}

export function MenuItem({
  children,
  onClick,
  disabled = false,
}: {
  readonly children: ReactNode
  readonly onClick: () => void
  readonly disabled?: boolean
}): ReactElement {
  return (
    <button type="button" className="menu-item" disabled={disabled} onClick={onClick}>
      {children}
    </button>
  )
}
