import { afterEach, beforeEach } from 'vitest'
import {
  type ControlClient,
  type ControlHandlers,
  createControlClient,
  type Link,
  parseRequest,
  type ServedLink,
  serveLink,
} from '../../protocol/control/index.ts'
import { fakeHandlers } from '../support/fake-handlers.ts'

/** Two ends of one kind of link. */
export interface LinkPair {
  readonly caller: Link
  readonly server: Link
  /** Lets go of what carried them. */
  dispose(): Promise<void>
}

/** A fresh pair for each test. */
export interface Links {
  readonly pair: LinkPair
  readonly served: ServedLink | undefined
  /** Errors of handlers that were no ShoalErrors. */
  readonly unexpected: unknown[]
  connect(): Promise<LinkPair>
  /** Serves fake handlers at one end and gives a client at the other. */
  start(replace?: Partial<ControlHandlers>): ControlClient
  /** The same without a client: what arrives at the caller's end. */
  raw(replace?: Partial<ControlHandlers>): { readonly frames: readonly unknown[]; readonly closed: () => boolean }
}

export function useLinks(connect: () => Promise<LinkPair>): Links {
  let current: LinkPair | undefined
  let served: ServedLink | undefined
  let unexpected: unknown[] = []
  const pair = (): LinkPair => {
    if (current === undefined) throw new Error('only within a test')
    return current
  }
  const serve = (replace: Partial<ControlHandlers> = {}): void => {
    const onUnexpected = (_: string, err: unknown): void => void unexpected.push(err)
    served = serveLink({ handlers: fakeHandlers(replace), parse: parseRequest, onUnexpected }, pair().server)
  }
  beforeEach(async () => {
    current = await connect()
    served = undefined
    unexpected = []
  })
  afterEach(async () => {
    await served?.close()
    pair().caller.destroy()
    await pair().dispose()
  })
  return {
    get pair() {
      return pair()
    },
    get served() {
      return served
    },
    get unexpected() {
      return unexpected
    },
    connect,
    start: (replace) => {
      serve(replace)
      return createControlClient(pair().caller)
    },
    raw: (replace) => {
      serve(replace)
      const frames: unknown[] = []
      let gone = false
      pair().caller.start({ onFrame: (frame) => frames.push(frame), onClose: () => (gone = true) })
      return { frames, closed: () => gone }
    },
  }
}

export const until = async (reached: () => boolean): Promise<void> => {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 1))
}
