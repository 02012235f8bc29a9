import { useEffect, useRef } from 'react'
import { useRoute, useSession } from '../state/hooks.ts'
import { placeKey, titleOf } from '../state/route.ts'
import { showText } from '../state/text.ts'

/**
 * Names the document after its place, and moves the focus to the heading of a place that was gone to: a screen reader begins to read there, and
 * Tab goes on from there.
 */
export function usePlace(isStart: boolean): void {
  const route = useRoute()
  const { overview } = useSession()
  const mesh = overview === undefined ? undefined : showText(overview.mesh.name, { max: 40 })
  const title = isStart ? 'Welcome' : titleOf(route)
  const place = isStart ? 'start' : placeKey(route)
  const before = useRef(place)
  useEffect(() => {
    document.title = [title, mesh, 'Shoal'].filter((part) => part !== undefined).join(' – ')
  }, [title, mesh])
  useEffect(() => {
    if (before.current === place) return
    before.current = place
    focusHeading()
  }, [place])
}

/** The heading of what is shown. */
export function focusHeading(): void {
  const heading = document.querySelector<HTMLElement>('main h1')
  if (heading === null) return
  heading.tabIndex = -1
  heading.focus()
}
