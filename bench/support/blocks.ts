/** The longest time that the event loop stood still: by the clock, and by what this thread used of a CPU in it, which other processes do not lengthen. */
export interface LongestBlock {
  readonly ms: number
  readonly cpuMs: number
}

/** Watches the event loop with a timer of a millisecond until it is stopped. */
export function watchBlocks(): { stop(): LongestBlock } {
  let [ms, cpuMs] = [0, 0]
  let [lastMs, lastCpu] = [performance.now(), process.threadCpuUsage()]
  const timer = setInterval(() => {
    const [nowMs, nowCpu] = [performance.now(), process.threadCpuUsage()]
    ms = Math.max(ms, nowMs - lastMs - 1)
    cpuMs = Math.max(cpuMs, (nowCpu.user + nowCpu.system - lastCpu.user - lastCpu.system) / 1000)
    ;[lastMs, lastCpu] = [nowMs, nowCpu]
  }, 1)
  return {
    stop: () => {
      clearInterval(timer)
      return { ms, cpuMs }
    },
  }
}
