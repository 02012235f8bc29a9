import { MessageChannel } from 'node:worker_threads'
import type { Browser, CDPSession } from 'playwright-core'
import { systemClock, type Logger } from '../../node-agent/lifecycle/index.ts'
import { createWebServer } from '../../node-agent/web/index.ts'
import { type ControlHandlers, type Link, parseRequest, portLink, serveLink } from '../../protocol/control/index.ts'
import { launchChromium } from '../../test/support/chromium.ts'
import type { LongestBlock } from './blocks.ts'

export interface WindowLook {
  /** From pressing the button. */
  readonly firstRowsMs: number
  /** Until it can be sent. */
  readonly endMs: number
  /** The longest task of the page. */
  readonly task: LongestBlock
}

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  /** Microseconds, and of the thread's CPU. */
  readonly dur?: number
  readonly tdur?: number
  readonly args: { readonly name?: string }
}

const END_MS = 180_000
/** What comes after the last picture, and after the page was opened: layout, and what was put off. */
const CALM_MS = 1_000

/** Looks at the only root's folder in the built window, in a real browser over a real WebSocket. @param folder of the built window */
export async function lookInWindow(
  handlers: ControlHandlers,
  { folder, log, channel }: { readonly folder: string; readonly log: Logger; readonly channel: string },
): Promise<WindowLook> {
  const connect = async (): Promise<Link> => {
    const { port1, port2 } = new MessageChannel()
    const onUnexpected = (name: string, error: unknown): void => console.error(name, error)
    serveLink({ handlers, parse: parseRequest, onUnexpected }, portLink(port1))
    return portLink(port2)
  }
  const server = createWebServer({ connect, clock: systemClock, log }, { folder, port: 0, idleMs: END_MS })
  await server.start()
  const browser = await launchChromium()
  try {
    return await lookWith(browser, server.url, channel)
  } finally {
    await browser.close()
    await server.stop()
  }
}

async function lookWith(browser: Browser, url: string, channel: string): Promise<WindowLook> {
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await page.goto(url)
  await page.goto(`${new URL(url).origin}/#/publish`)
  await page.getByRole('button', { name: /^Choose/ }).click()
  const known = page.getByRole('radio')
  if ((await known.count()) > 0) await known.check()
  else await page.getByLabel('Name of the channel').fill(channel)
  await page.waitForTimeout(CALM_MS)
  const trace = await startTrace(await browser.newBrowserCDPSession())
  const begun = performance.now()
  await page.getByRole('button', { name: 'Next: what would change' }).click()
  await page.locator('.changes-list .table-row').first().waitFor()
  const firstRowsMs = performance.now() - begun
  await page.locator('button:enabled', { hasText: 'Next: where and how' }).waitFor({ timeout: END_MS })
  const endMs = performance.now() - begun
  await page.waitForTimeout(CALM_MS)
  const task = longestTask(await trace.stop())
  return { firstRowsMs, endMs, task }
}

async function startTrace(session: CDPSession): Promise<{ stop(): Promise<readonly TraceEvent[]> }> {
  const events: TraceEvent[] = []
  // A list of events, as the protocol has it.
  session.on('Tracing.dataCollected', ({ value }) => events.push(...(value as unknown as TraceEvent[])))
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: ['toplevel', '__metadata'] },
  })
  return {
    stop: async () => {
      const complete = new Promise((resolve) => session.once('Tracing.tracingComplete', resolve))
      await session.send('Tracing.end')
      await complete
      return events
    },
  }
}

function longestTask(events: readonly TraceEvent[]): LongestBlock {
  const mains = new Set(
    events.flatMap(({ name, pid, tid, args }) =>
      name === 'thread_name' && args.name === 'CrRendererMain' ? [`${pid} ${tid}`] : [],
    ),
  )
  const tasks = events.filter(({ name, pid, tid }) => name.endsWith('RunTask') && mains.has(`${pid} ${tid}`))
  const longest = (of: (event: TraceEvent) => number | undefined): number =>
    tasks.reduce((most, task) => Math.max(most, (of(task) ?? 0) / 1000), 0)
  return { ms: longest(({ dur }) => dur), cpuMs: longest(({ tdur }) => tdur) }
}
