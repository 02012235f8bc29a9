import type { Page } from 'playwright-core'
import { FIRST_ROW } from './console-trace.ts'

/** A page that has no row by then never will. */
const PATIENCE_MS = 120_000

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
  page.addInitScript(
    ([selector, mark]) => {
      const look = (): void => {
        if (document.querySelector(selector) === null) requestAnimationFrame(look)
        else requestAnimationFrame(() => performance.mark(mark))
      }
      look()
    },
    [row, FIRST_ROW] as const,
  )

/** Milliseconds from the navigation to the first row. */
export async function firstRowMs(page: Page): Promise<number> {
  await page.waitForFunction((mark) => performance.getEntriesByName(mark).length > 0, FIRST_ROW, {
    timeout: PATIENCE_MS,
  })
  return page.evaluate((mark) => performance.getEntriesByName(mark)[0]?.startTime ?? 0, FIRST_ROW)
}

export interface Frames {
  readonly count: number
  readonly longestMs: number
}

/** Frames for so long, while a table may be scrolled as by a hand that spins the wheel. */
export const countFrames = (page: Page, ms: number, scrolls: string | undefined): Promise<Frames> =>
  page.evaluate(
    ([forMs, selector]) =>
      new Promise<Frames>((resolve) => {
        const scroller = selector === undefined ? null : document.querySelector(selector)
        let [begun, last, count, longestMs, step] = [0, 0, 0, 0, 40]
        const frame = (nowMs: number): void => {
          if (begun === 0) begun = nowMs
          else {
            count++
            longestMs = Math.max(longestMs, nowMs - last)
          }
          last = nowMs
          if (scroller !== null) {
            if (scroller.scrollTop + scroller.clientHeight >= scroller.scrollHeight - 1) step = -40
            else if (scroller.scrollTop <= 0) step = 40
            scroller.scrollTop += step
          }
          if (nowMs - begun < forMs) requestAnimationFrame(frame)
          else resolve({ count, longestMs })
        }
        requestAnimationFrame(frame)
      }),
    [ms, scrolls] as const,
  )
