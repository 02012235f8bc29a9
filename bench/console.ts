/**
 * The window itself: the built console in a real Chromium, over the WebSocket of `shoal web`, before the real views of simulated hosts that all say
 * something else four times a second.
 *
 *     node bench/console.ts [--hosts 1000,10000] [--changes 4] [--seconds 8] [--rounds 3] [--screens NAME,…] [--json]
 *
 * Budgets: 60 frames a second, under 100 kB a second, no task over 50 ms, the first row within 1.5 s. Each figure is the median of the rounds. Tasks,
 * frames and the first row are judged by processor time, so that what else the machine does meanwhile does not count; times by the clock stand beside it.
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { builtApp } from '../test/support/built-app.ts'
import { launchChromium } from '../test/support/chromium.ts'
import { type ConsoleMesh, startMesh } from './support/console-mesh.ts'
import { countFrames, firstRowMs, noteFirstRow, type Screen, SCREENS } from './support/console-screens.ts'
import { tasksOf, TRACE_CATEGORIES } from './support/console-trace.ts'

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '1000,10000' },
    changes: { type: 'string', default: '4' },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    screens: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})
const SECONDS = Number(values.seconds)
const ROUNDS = Number(values.rounds)
/** After its first row a page has this long to come to rest. */
const SETTLE_MS = 2_000
const VIEWPORT = { width: 1440, height: 900 }

const BUDGETS = { fps: 60, kBPerSecond: 100, longestTaskMs: 50, firstRowMs: 1500 } as const

interface Round {
  readonly firstRowMs: number
  /** Processor time that window and agent together take until then. */
  readonly firstRowCpuMs: number
  readonly fps: number
  readonly longestFrameMs: number
  /** Frames a second that the main thread leaves time for. */
  readonly fpsByCpu: number
  readonly longestTaskMs: number
  readonly longestTaskCpuMs: number
  /** Longest task from opening the page to its rest, by processor time. */
  readonly openingTaskCpuMs: number
  /** Share of a core that the window's main thread, and the agent for this page, take. */
  readonly windowCore: number
  readonly agentCore: number
  readonly kBPerSecond: number
}

/** The context keeps the session; the address that was printed signs in once. */
async function signIn(browser: Browser, mesh: ConsoleMesh): Promise<BrowserContext> {
  const context = await browser.newContext({ viewport: VIEWPORT })
  const page = await context.newPage()
  await page.goto(mesh.url)
  await page.close()
  return context
}

async function traced<T>(browser: Browser, page: Page, work: () => Promise<T>) {
  await browser.startTracing(page, { categories: [...TRACE_CATEGORIES] })
  const result = await work()
  const trace = await browser.stopTracing()
  return { result, tasks: tasksOf(trace.toString('utf8'), new URL(page.url()).origin) }
}

/** The mesh's own share of a core while nobody looks. */
async function atRest(mesh: ConsoleMesh): Promise<number> {
  const [cpuMs, begun] = [mesh.cpuMs(), performance.now()]
  await new Promise((resolve) => setTimeout(resolve, SECONDS * 1000))
  return (mesh.cpuMs() - cpuMs) / (performance.now() - begun)
}

async function look(
  browser: Browser,
  context: BrowserContext,
  mesh: ConsoleMesh,
  screen: Screen,
  rest: number,
): Promise<Round> {
  const page = await context.newPage()
  try {
    await noteFirstRow(page, screen)
    const opening = await traced(browser, page, async () => {
      const [cpuMs, begun] = [mesh.cpuMs(), performance.now()]
      await page.goto(new URL(`/${screen.hash}`, mesh.url).href)
      const ms = await firstRowMs(page)
      const agentCpuMs = Math.max(0, mesh.cpuMs() - cpuMs - rest * (performance.now() - begun))
      await page.waitForTimeout(SETTLE_MS)
      return { ms, agentCpuMs }
    })
    let bytes = 0
    const cdp = await context.newCDPSession(page)
    await cdp.send('Network.enable')
    cdp.on('Network.webSocketFrameReceived', ({ response }) => {
      bytes += response.opcode === 2 ? (response.payloadData.length * 3) / 4 : response.payloadData.length
    })
    const [cpuMs, begun] = [mesh.cpuMs(), performance.now()]
    const { result: frames, tasks } = await traced(browser, page, () =>
      countFrames(page, SECONDS * 1000, screen.scrolls),
    )
    const tookMs = performance.now() - begun
    return {
      firstRowMs: opening.result.ms,
      firstRowCpuMs: opening.result.agentCpuMs + opening.tasks.firstRowCpuMs,
      fps: frames.count / SECONDS,
      longestFrameMs: frames.longestMs,
      fpsByCpu: 60 - tasks.lateFrames / SECONDS,
      longestTaskMs: tasks.longestMs,
      longestTaskCpuMs: tasks.longestCpuMs,
      openingTaskCpuMs: opening.tasks.longestCpuMs,
      windowCore: tasks.cpuMs / tookMs,
      agentCore: Math.max(0, (mesh.cpuMs() - cpuMs) / tookMs - rest),
      kBPerSecond: bytes / tookMs,
    }
  } finally {
    await page.close()
  }
}

const median = (numbers: readonly number[]): number => numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? 0

function summary(rounds: readonly Round[]): Record<keyof Round, number> & { readonly missed: readonly string[] } {
  const of = (name: keyof Round): number =>
    Number(median(rounds.map((round) => round[name])).toFixed(name.endsWith('Core') ? 2 : 1))
  const numbers: Record<keyof Round, number> = {
    firstRowMs: of('firstRowMs'),
    firstRowCpuMs: of('firstRowCpuMs'),
    fps: of('fps'),
    longestFrameMs: of('longestFrameMs'),
    fpsByCpu: of('fpsByCpu'),
    longestTaskMs: of('longestTaskMs'),
    longestTaskCpuMs: of('longestTaskCpuMs'),
    openingTaskCpuMs: of('openingTaskCpuMs'),
    windowCore: of('windowCore'),
    agentCore: of('agentCore'),
    kBPerSecond: of('kBPerSecond'),
  }
  const missed = [
    ...(Math.min(numbers.firstRowMs, numbers.firstRowCpuMs) > BUDGETS.firstRowMs ? ['first row'] : []),
    ...(numbers.fpsByCpu < BUDGETS.fps - 0.5 ? ['frames'] : []),
    ...(Math.max(numbers.longestTaskCpuMs, numbers.openingTaskCpuMs) > BUDGETS.longestTaskMs ? ['task'] : []),
    ...(numbers.kBPerSecond > BUDGETS.kBPerSecond ? ['bytes'] : []),
  ]
  return { ...numbers, missed }
}

await builtApp()
const browser = await launchChromium()
const wanted = values.screens === '' ? SCREENS : SCREENS.filter(({ name }) => values.screens.split(',').includes(name))
const results: ({ readonly hosts: number; readonly screen: string } & ReturnType<typeof summary>)[] = []
for (const hosts of values.hosts.split(',').map(Number)) {
  await using mesh = await startMesh(hosts, Number(values.changes))
  const context = await signIn(browser, mesh)
  const rest = await atRest(mesh)
  for (const screen of wanted) {
    const rounds: Round[] = []
    for (let i = 0; i < ROUNDS; i++) rounds.push(await look(browser, context, mesh, screen, rest))
    results.push({ hosts, screen: screen.name, ...summary(rounds) })
  }
  await context.close()
}
await browser.close()
const load = Number(loadavg()[0]?.toFixed(1))
if (values.json) console.log(JSON.stringify({ budgets: BUDGETS, load, results }))
else {
  console.table(results.map(({ missed, ...numbers }) => ({ ...numbers, missed: missed.join(', ') || 'none' })))
  console.log(
    `load ${load}; budgets: ${BUDGETS.fps} fps, ${BUDGETS.kBPerSecond} kB/s, no task over ${BUDGETS.longestTaskMs} ms, first row within ${BUDGETS.firstRowMs} ms, all by processor time`,
  )
}
