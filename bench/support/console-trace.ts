/** What a trace of Chromium says of one thread. Microseconds. */
interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly ts: number
  readonly dur?: number
  /** Of the processor, without what the thread waited for it. */
  readonly tdur?: number
  readonly args?: { readonly name?: string; readonly data?: FrameData }
}

/** Where a page is shown, as the browser says when it commits a page, or when the trace begins. */
interface FrameData {
  readonly url?: string
  readonly processId?: number
  readonly frames?: readonly FrameData[]
}

export const TRACE_CATEGORIES = [
  '-*',
  'disabled-by-default-devtools.timeline',
  'devtools.timeline',
  'blink.user_timing',
  '__metadata',
]
/** What a page marks when its first row is painted. */
export const FIRST_ROW = 'first-row'

/** Tasks of the window's main thread, milliseconds. */
export interface Tasks {
  readonly longestMs: number
  /** By processor time: what a busy machine adds is not in it. */
  readonly longestCpuMs: number
  readonly cpuMs: number
  /** Of it, until the first row was there. */
  readonly firstRowCpuMs: number
  /** Frames of a sixtieth of a second that tasks alone make late, by processor time. */
  readonly lateFrames: number
}

const FRAME_MS = 1000 / 60

/** Tasks of the process that shows pages of this origin: a browser has windows of its own. Pure. */
export function tasksOf(trace: string, origin: string): Tasks {
  const { traceEvents }: { readonly traceEvents: readonly TraceEvent[] } = JSON.parse(trace)
  const frames = traceEvents.flatMap(({ args }) => [
    ...(args?.data === undefined ? [] : [args.data]),
    ...(args?.data?.frames ?? []),
  ])
  const pid = frames.findLast(({ url, processId }) => processId !== undefined && url?.startsWith(origin))?.processId
  const main = traceEvents.find(
    (event) => event.pid === pid && event.name === 'thread_name' && event.args?.name === 'CrRendererMain',
  )
  if (main === undefined) throw new Error(`the trace has no page of ${origin}`)
  const tasks = traceEvents.filter(
    ({ name, tid, ...event }) => name === 'RunTask' && event.pid === pid && tid === main.tid,
  )
  const row = traceEvents.find((event) => event.pid === pid && event.name === FIRST_ROW)?.ts ?? Number.POSITIVE_INFINITY
  return summary(tasks.map(({ ts, dur = 0, tdur = 0 }) => ({ ms: dur / 1000, cpuMs: tdur / 1000, early: ts < row })))
}

interface Task {
  readonly ms: number
  readonly cpuMs: number
  readonly early: boolean
}

function summary(tasks: readonly Task[]): Tasks {
  return {
    longestMs: Math.max(0, ...tasks.map(({ ms }) => ms)),
    longestCpuMs: Math.max(0, ...tasks.map(({ cpuMs }) => cpuMs)),
    cpuMs: tasks.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    firstRowCpuMs: tasks.reduce((sum, { cpuMs, early }) => sum + (early ? cpuMs : 0), 0),
    lateFrames: tasks.reduce((sum, { cpuMs }) => sum + Math.floor(cpuMs / FRAME_MS), 0),
  }
}
