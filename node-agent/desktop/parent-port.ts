import type { EmitterPort } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/index.ts'

export interface PortMessage {
  readonly data: unknown
  readonly ports: readonly EmitterPort[]
}

/** Electron's way to the process that started this one. */
export interface ParentPort {
  on(type: 'message', listener: (message: PortMessage) => void): void
  postMessage(message: unknown): void
}

const isParentPort = (value: unknown): value is ParentPort =>
  typeof value === 'object' &&
  value !== null &&
  'on' in value &&
  typeof value.on === 'function' &&
  'postMessage' in value &&
  typeof value.postMessage === 'function'

/** @throws USAGE anywhere else than in a utility process */
export function parentPortOf(candidate: unknown): ParentPort {
  if (isParentPort(candidate)) return candidate
  throw new ShoalError('USAGE', 'this entry runs inside the desktop app only; use `shoal agent`')
}
