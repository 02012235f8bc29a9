/** What a trace of Chromium says of one thread. Microseconds. */
interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly dur?: number
  /** Of the processor, without what the thread waited for it. */
  readonly tdur?: number
  readonly args?: { readonly name?: string }
}

export const TRACE_CATEGORIES = ['-*', 'disabled-by-default-devtools.timeline', 'devtools.timeline', '__metadata']

/** Tasks of the window's main thread, milliseconds. */
export interface Tasks {
  readonly longestMs: number
  /** By processor time: what a busy machine adds is not in it. */
  readonly longestCpuMs: number
  readonly cpuMs: number
  /** Frames of a sixtieth of a second that tasks alone make late, by processor time. */
  readonly lateFrames: number
}

const FRAME_MS = 1000 / 60

/** The main thread that did most in a trace. Pure. */
export function tasksOf(trace: string): Tasks {
  const { traceEvents }: { readonly traceEvents: readonly TraceEvent[] } = JSON.parse(trace)
  const mains = traceEvents.filter(({ name, args }) => name === 'thread_name' && args?.name === 'CrRendererMain')
  const all = mains.map(({ pid, tid }) => {
    const tasks = traceEvents.filter((event) => event.name === 'RunTask' && event.pid === pid && event.tid === tid)
    return summary(tasks.map(({ dur = 0, tdur = 0 }) => ({ ms: dur / 1000, cpuMs: tdur / 1000 })))
  })
  const [busiest] = all.toSorted((a, b) => b.cpuMs - a.cpuMs)
  if (busiest === undefined) throw new Error('the trace has no window')
  return busiest
}

function summary(tasks: readonly { readonly ms: number; readonly cpuMs: number }[]): Tasks {
  return {
    longestMs: Math.max(0, ...tasks.map(({ ms }) => ms)),
    longestCpuMs: Math.max(0, ...tasks.map(({ cpuMs }) => cpuMs)),
    cpuMs: tasks.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    lateFrames: tasks.reduce((sum, { cpuMs }) => sum + Math.floor(cpuMs / FRAME_MS), 0),
  }
}
