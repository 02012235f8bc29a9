import type { MethodName, StreamName } from './contract.ts'
import type { Link } from './link.ts'

/** Calls that take a path of this machine. A window never names one: it gets ids of folders instead. */
const NOT_FOR_WINDOWS: ReadonlySet<string> = new Set<MethodName | StreamName>([
  'publish',
  'diff',
  'targetAdd',
  'bundleExport',
  'bundleImport',
])

/** Whether a window may call it (CTL-13). */
export const isForWindows = (name: string): boolean => !NOT_FOR_WINDOWS.has(name)

/**
 * The link of a window, cut down to what windows may call: anything else arrives under a name that no agent has, so that it is answered as
 * any unknown name is.
 */
export const windowLink = (link: Link): Link => ({
  ...link,
  start: (listener) => link.start({ ...listener, onFrame: (frame) => listener.onFrame(withoutPaths(frame)) }),
})

function withoutPaths(frame: unknown): unknown {
  if (typeof frame !== 'object' || frame === null || !Object.hasOwn(frame, 'name') || !('name' in frame)) return frame
  const { name } = frame
  return typeof name === 'string' && !isForWindows(name) ? { ...frame, name: `${name} (from a window)` } : frame
}
