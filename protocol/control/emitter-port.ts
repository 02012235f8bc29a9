import type { PortLike } from './port-link.ts'

/** Electron's MessagePortMain: an event emitter, not an event target. */
export interface EmitterPort {
  postMessage(message: unknown): void
  on(type: 'message', listener: (event: object) => void): unknown
  on(type: 'close', listener: () => void): unknown
  start(): void
  close(): void
}

/** The same port as `portLink` wants one. */
export const emitterPort = (port: EmitterPort): PortLike => ({
  postMessage: (message) => port.postMessage(message),
  addEventListener: (type, listener) => {
    if (type === 'message') port.on('message', listener)
    else if (type === 'close') port.on('close', () => listener({}))
  },
  start: () => port.start(),
  close: () => port.close(),
})
