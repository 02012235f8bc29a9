import type { Page } from 'playwright-core'

/** A page of the console, and when its first row is there. */
export interface Screen {
  readonly name: string
  readonly hash: string
  /** What only the first row, or the first squares, have. */
  readonly row: string
  /** What is done meanwhile. */
  readonly scrolls?: string
}

export const SCREENS: readonly Screen[] = [
  { name: 'overview', hash: '#/overview', row: '.site-line canvas' },
  { name: 'hosts', hash: '#/hosts', row: '.table-row a' },
  { name: 'hosts, scrolling', hash: '#/hosts', row: '.table-row a', scrolls: '.table-scroll' },
  { name: 'rollout', hash: '#/rollouts/web', row: 'main table tbody tr' },
  { name: 'network', hash: '#/network', row: 'main table tbody tr' },
]

/** Before anything of the page runs: notes when its first row was painted. */
export const noteFirstRow = (page: Page, { row }: Screen): Promise<unknown> =>
  page.addInitScript((selector) => {
    const look = (): void => {
      if (document.querySelector(selector) === null) requestAnimationFrame(look)
      else requestAnimationFrame(() => performance.mark('first-row'))
    }
    look()
  }, row)

/** Milliseconds from the navigation to the first row. */
export async function firstRowMs(page: Page): Promise<number> {
  await page.waitForFunction(() => performance.getEntriesByName('first-row').length > 0)
  return page.evaluate(() => performance.getEntriesByName('first-row')[0]?.startTime ?? 0)
}

export interface Frames {
  readonly count: number
  readonly longestMs: number
}

/** Frames for so long, while a table may be scrolled by a wheel's notch a frame. */
export const countFrames = (page: Page, ms: number, scrolls: string | undefined): Promise<Frames> =>
  page.evaluate(
    ([forMs, selector]) =>
      new Promise<Frames>((resolve) => {
        const scroller = selector === undefined ? null : document.querySelector(selector)
        let [begun, last, count, longestMs, step] = [0, 0, 0, 0, 90]
        const frame = (nowMs: number): void => {
          if (begun === 0) begun = nowMs
          else {
            count++
            longestMs = Math.max(longestMs, nowMs - last)
          }
          last = nowMs
          if (scroller !== null) {
            if (scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1) step = -90
            else if (scroller.scrollTop <= 0) step = 90
            scroller.scrollTop += step
          }
          if (nowMs - begun < forMs) requestAnimationFrame(frame)
          else resolve({ count, longestMs })
        }
        requestAnimationFrame(frame)
      }),
    [ms, scrolls] as const,
  )
