import type { Page } from 'playwright-core'

/** What a person cannot reach or read on the page as it stands, a line each: see the rules of docs/spec/wcag.md. */
export const findCutOff = (page: Page): Promise<readonly string[]> => page.evaluate(cutOff)

/** Runs in the page. */
function cutOff(): readonly string[] {
  const problems: string[] = []
  /** Boxes that may be wider than their place: they scroll by themselves, and say what they are. */
  const SCROLLERS = '[role=table], [role=region], code[tabindex]'
  const SLACK = 1.5
  const tell = (element: Element): string => {
    const text = (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().replace(/\s+/g, ' ')
    return `<${element.localName} class="${element.getAttribute('class') ?? ''}"> ${text.slice(0, 60)}`
  }
  const isHidden = (element: Element): boolean =>
    element.closest('.visually-hidden, [hidden], [aria-hidden=true]') !== null ||
    !element.checkVisibility({ checkVisibilityCSS: true }) ||
    isClipped(element)
  const isClipped = (element: Element | null): boolean =>
    element !== null && (getComputedStyle(element).clipPath !== 'none' || isClipped(element.parentElement))
  const isEllipsis = (element: Element): boolean =>
    getComputedStyle(element).textOverflow === 'ellipsis' &&
    (element.closest('[role=table], [role=option], [title], select') !== null ||
      element.querySelector('[title]') !== null)

  /** Where a box is cut by something that does not scroll. */
  const cutBy = (from: Element, box: DOMRect): string | undefined => {
    let [across, down] = [true, true]
    for (let at: Element | null = from; at !== null; at = at.parentElement) {
      const style = getComputedStyle(at)
      if (at.matches('html')) break
      const own = at.getBoundingClientRect()
      const scrolls = (value: string): boolean => value === 'auto' || value === 'scroll'
      if (across && scrolls(style.overflowX)) across = false
      if (down && scrolls(style.overflowY)) down = false
      const clips = (value: string): boolean => value === 'hidden' || value === 'clip'
      if (
        across &&
        clips(style.overflowX) &&
        !isEllipsis(at) &&
        (box.left < own.left - SLACK || box.right > own.right + SLACK)
      )
        return `cut across by ${tell(at)}`
      if (across && clips(style.overflowX) && isEllipsis(at)) across = false
      if (down && clips(style.overflowY) && (box.top < own.top - SLACK || box.bottom > own.bottom + SLACK))
        return `cut down by ${tell(at)}`
      if (style.position === 'fixed') break
    }
    if (across && (box.left < -SLACK || box.right > innerWidth + SLACK)) return 'beside the window'
    if (down && (box.top < -SLACK || box.bottom > innerHeight + SLACK)) return 'above or below the window'
    return undefined
  }

  if (document.documentElement.scrollWidth > innerWidth) problems.push('the page scrolls sideways')
  const open = document.querySelector('dialog[open]')
  const root = open ?? document.body
  for (const element of root.querySelectorAll('*')) {
    if (isHidden(element)) continue
    const style = getComputedStyle(element)
    if (
      (style.overflowX === 'auto' || style.overflowX === 'scroll') &&
      element.scrollWidth > element.clientWidth + SLACK &&
      !element.matches(SCROLLERS)
    )
      problems.push(`scrolls sideways by ${element.scrollWidth - element.clientWidth}: ${tell(element)}`)
    if (element.matches('button, input, select, textarea, a, canvas, [role=img], summary')) {
      const cut = cutBy(element.parentElement ?? element, element.getBoundingClientRect())
      if (cut !== undefined) problems.push(`${tell(element)}: ${cut}`)
    }
  }
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement
    if (element === null || (node.textContent ?? '').trim() === '' || isHidden(element)) continue
    const range = document.createRange()
    range.selectNodeContents(node)
    for (const box of range.getClientRects()) {
      if (box.width === 0 || box.height === 0) continue
      const cut = cutBy(element, box)
      if (cut !== undefined) {
        problems.push(`“${(node.textContent ?? '').trim().slice(0, 60)}”: ${cut}`)
        break
      }
      const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2]
      const top = document.elementFromPoint(x, y)
      if (top === null || top.contains(element) || element.contains(top)) continue
      // Rows that are scrolled behind the head of their table can be scrolled out again.
      if (getComputedStyle(element).pointerEvents === 'none' || isScrolledAway(element, x, y)) continue
      problems.push(`“${(node.textContent ?? '').trim().slice(0, 60)}”: under ${tell(top)}`)
      break
    }
  }
  return [...new Set(problems)]

  function isScrolledAway(element: Element, x: number, y: number): boolean {
    for (let at: Element | null = element; at !== null; at = at.parentElement) {
      const box = at.getBoundingClientRect()
      if (getComputedStyle(at).overflowY === 'visible') continue
      if (x < box.left || x > box.right || y < box.top || y > box.bottom) return true
    }
    return false
  }
}

/** Stops of the keyboard that are looked at on one page. */
const STOPS = 90

export interface FocusWalk {
  /** What had the focus, in order. */
  readonly stops: readonly string[]
  /** Where it could not be seen. */
  readonly problems: readonly string[]
}

/** Goes through the page with Tab: wherever the focus is, it can be seen, and nothing lies over it. */
export async function walkFocus(page: Page): Promise<FocusWalk> {
  const stops: string[] = []
  const problems: string[] = []
  await page.evaluate(() => {
    // From the top, wherever the page has put the focus.
    if (document.querySelector('dialog[open]') !== null) return
    document.body.tabIndex = -1
    document.body.focus()
    document.body.removeAttribute('tabindex')
  })
  for (let i = 0; i < STOPS; i++) {
    await page.keyboard.press('Tab')
    // A question over the page begins with the focus in it.
    if (i === 0 && (await page.locator('dialog[open]').count())) await page.keyboard.press('Shift+Tab')
    const at = await page.evaluate(focusSeen)
    if (at === undefined || (at.first && stops.length > 0)) break
    stops.push(at.what)
    if (at.problem !== undefined) problems.push(`${at.what}: ${at.problem}`)
  }
  return { stops, problems }
}

/** Runs in the page: how the element with the focus can be seen. */
function focusSeen(): { readonly what: string; readonly first: boolean; readonly problem?: string } | undefined {
  const element = document.activeElement
  if (element === null || element === document.body) return undefined
  const marked = element as Element & { stopped?: boolean }
  const first = marked.stopped === true
  marked.stopped = true
  const name = (element.getAttribute('aria-label') ?? element.textContent ?? '')
    .trim()
    .replace(/\s+/g, ' ')
    .slice(0, 50)
  const what = `<${element.localName} class="${element.getAttribute('class') ?? ''}"> ${name}`
  const holder = element.closest('.query, .palette-field') ?? element
  const style = getComputedStyle(getComputedStyle(holder).outlineStyle === 'none' ? element : holder)
  const outline = style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2
  const shadow = getComputedStyle(holder).boxShadow !== 'none' && holder !== element
  if (!outline && !shadow) return { what, first, problem: 'has no mark of the focus' }
  const box = holder.getBoundingClientRect()
  const reach = outline ? Number.parseFloat(style.outlineOffset) + Number.parseFloat(style.outlineWidth) : 1
  const seen = { left: 0, top: 0, right: innerWidth, bottom: innerHeight }
  for (let at = holder.parentElement; at !== null; at = at.parentElement) {
    const { overflowX, overflowY, position } = getComputedStyle(at)
    const own = at.getBoundingClientRect()
    if (overflowX !== 'visible')
      [seen.left, seen.right] = [Math.max(seen.left, own.left), Math.min(seen.right, own.right)]
    if (overflowY !== 'visible')
      [seen.top, seen.bottom] = [Math.max(seen.top, own.top), Math.min(seen.bottom, own.bottom)]
    if (position === 'fixed') break
  }
  const part = {
    left: Math.max(box.left, seen.left),
    right: Math.min(box.right, seen.right),
    top: Math.max(box.top, seen.top),
    bottom: Math.min(box.bottom, seen.bottom),
  }
  if (part.right - part.left < 4 || part.bottom - part.top < 4) return { what, first, problem: 'is out of sight' }
  // Sides on which the mark has room: two of them say where it is.
  const sides = [
    box.left - reach >= seen.left - 0.5 && box.left >= seen.left,
    box.right + reach <= seen.right + 0.5 && box.right <= seen.right,
    box.top - reach >= seen.top - 0.5 && box.top >= seen.top,
    box.bottom + reach <= seen.bottom + 0.5 && box.bottom <= seen.bottom,
  ].filter(Boolean).length
  if (sides < 2) return { what, first, problem: 'has a mark of the focus that is cut off' }
  for (const across of [0.5, 0.15, 0.85])
    for (const down of [0.5, 0.2, 0.8]) {
      const hit = document.elementFromPoint(
        part.left + (part.right - part.left) * across,
        part.top + (part.bottom - part.top) * down,
      )
      if (hit !== null && (hit === element || element.contains(hit) || hit.contains(element))) return { what, first }
    }
  return { what, first, problem: 'is covered' }
}
