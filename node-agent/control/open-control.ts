import {
  type ControlClient,
  type ControlHandlers,
  createLocalClient,
  parseRequest,
} from '../../protocol/control/index.ts'
import { isShoalError } from '../../protocol/errors/index.ts'
import type { Clock, Logger } from '../lifecycle/index.ts'
import { connectControl } from './connect.ts'

/** A home that was opened in this process. */
export interface OpenedHome {
  readonly handlers: ControlHandlers
  close(): Promise<void>
}

export interface OpenControlDeps {
  /** Locks and opens the home; throws HOME_IN_USE while another process has it. */
  readonly openOffline: () => Promise<OpenedHome>
  readonly clock: Clock
  readonly log: Logger
}

/** An agent that starts holds the lock before it answers; a short command holds it for a moment. Both are over sooner than this. */
const BUSY_MS = 5_000
const RETRY_MS = 50

export interface OpenedControl extends ControlClient {
  /** A running agent serves it; false: the home was opened in this process. */
  readonly live: boolean
}

/**
 * The control API of a home, whether an agent runs on it or not: connects to the running one, else opens the home in this process (CTL-11).
 * @throws HOME_IN_USE when something holds the home and does not answer
 */
export async function openControl(deps: OpenControlDeps, home: string, signal: AbortSignal): Promise<OpenedControl> {
  const deadline = deps.clock.monotonic() + BUSY_MS
  for (;;) {
    const client = await connectControl(home)
    if (client !== undefined) return { ...client, live: true }
    try {
      return local(await deps.openOffline(), deps.log)
    } catch (err) {
      if (!isShoalError(err, 'HOME_IN_USE') || deps.clock.monotonic() >= deadline) throw err
    }
    await deps.clock.sleep(RETRY_MS, { signal })
  }
}

function local(opened: OpenedHome, log: Logger): OpenedControl {
  const onUnexpected = (name: string, err: unknown): void =>
    log.error('control-call-failed', { name, error: err instanceof Error ? (err.stack ?? err.message) : String(err) })
  const client = createLocalClient({ handlers: opened.handlers, parse: parseRequest, onUnexpected })
  let closing: Promise<void> | undefined
  const closeBoth = async (): Promise<void> => {
    try {
      await client.close()
    } finally {
      await opened.close()
    }
  }
  return {
    ...client,
    live: false,
    close: () => (closing ??= closeBoth()),
  }
}
