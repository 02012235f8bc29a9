import { type ReactElement, type ReactNode, useEffect, useRef, useState } from 'react'

/** What may be wider than its place, and then scrolls there by itself: only then it is a place to stop at for the keyboard. */
export function ScrollBox({
  label,
  children,
}: {
  /** What is in it, for screen readers. */
  readonly label: string
  readonly children: ReactNode
}): ReactElement {
  const box = useRef<HTMLDivElement>(null)
  const wide = useIsWide(box)
  return (
    <div
      ref={box}
      className="scroll-x"
      {...(wide ? { role: 'region', tabIndex: 0, 'aria-label': `${label}, scrolls sideways` } : {})}
    >
      {children}
    </div>
  )
}

/** Whether what is in a box is wider than it. */
function useIsWide(ref: React.RefObject<HTMLElement | null>): boolean {
  const [wide, setWide] = useState(false)
  useEffect(() => {
    const element = ref.current
    if (element === null) return undefined
    const read = (): void => setWide(element.scrollWidth > element.clientWidth + 1)
    const watch = new ResizeObserver(read)
    watch.observe(element)
    if (element.firstElementChild !== null) watch.observe(element.firstElementChild)
    return () => watch.disconnect()
  }, [ref])
  return wide
}
