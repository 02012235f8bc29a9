import type { Alert, AlertsUpdate, ControlClient, OverviewUpdate } from '../../protocol/control/window.ts'
import { fleetProgress, newlyConverged, newlyOpened, openAlerts } from './changes.ts'

/** Before a feed that ended is asked for again. */
const AGAIN_MS = 2_000

export interface WatchDeps {
  /** Undefined while there is no agent. */
  readonly connect: () => ControlClient | undefined
  /** The passphrase that the system's keyring keeps. */
  readonly passphrase: () => Promise<string | undefined>
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** What the desktop shows of the mesh outside the window. */
export interface WatchSinks {
  alerts(open: readonly Alert[]): void
  opened(alerts: readonly Alert[]): void
  converged(channels: readonly { readonly channel: string; readonly release: number; readonly hosts: number }[]): void
  /** 0 to 1 of what is being sent out; undefined when nothing is. */
  progress(share: number | undefined): void
  /** A feed ended otherwise than by the agent's going away. */
  problem(what: string, cause: unknown): void
}

/** Follows the agent, through any number of restarts, until `signal` aborts. Never rejects. */
export async function watchAgent(deps: WatchDeps, sinks: WatchSinks, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const client = deps.connect()
    if (client !== undefined) {
      await unlock(client, deps, sinks, signal)
      await Promise.all([
        feed('alerts', () => followAlerts(client, sinks, signal), sinks, signal),
        feed('overview', () => followOverview(client, sinks, signal), sinks, signal),
      ])
      await client.close()
    }
    await deps.sleep(AGAIN_MS, signal)
  }
}

async function feed(name: string, follow: () => Promise<void>, sinks: WatchSinks, signal: AbortSignal): Promise<void> {
  try {
    await follow()
  } catch (err) {
    if (!signal.aborted && codeOf(err) !== 'AGENT_UNREACHABLE') sinks.problem(name, err)
  }
}

async function followAlerts(client: ControlClient, sinks: WatchSinks, signal: AbortSignal): Promise<void> {
  let before: AlertsUpdate | undefined
  for await (const update of client.stream('watchAlerts', {}, { signal })) {
    sinks.alerts(openAlerts(update))
    // What was open before the app looked is on the badge, and is no news.
    if (before !== undefined) sinks.opened(newlyOpened(before, update))
    before = update
  }
}

async function followOverview(client: ControlClient, sinks: WatchSinks, signal: AbortSignal): Promise<void> {
  let before: OverviewUpdate | undefined
  for await (const update of client.stream('watchOverview', {}, { signal })) {
    sinks.progress(fleetProgress(update))
    if (before !== undefined) sinks.converged(newlyConverged(before, update))
    before = update
  }
}

/** With the passphrase that the keyring keeps; without one, the window asks the person. */
async function unlock(client: ControlClient, deps: WatchDeps, sinks: WatchSinks, signal: AbortSignal): Promise<void> {
  try {
    const { me } = await client.call('access', {}, { signal })
    if (me.lock.state !== 'locked') return
    const passphrase = await deps.passphrase()
    if (passphrase !== undefined) await client.call('keysUnlock', { passphrase, idleMs: UNLOCKED_MS }, { signal })
  } catch (err) {
    if (!signal.aborted && codeOf(err) !== 'AGENT_UNREACHABLE') sinks.problem('unlock', err)
  }
}

/** Keys that the system's keyring unlocks are locked again after so long without a signature. */
const UNLOCKED_MS = 8 * 3_600_000

const codeOf = (err: unknown): unknown =>
  typeof err === 'object' && err !== null && 'code' in err ? err.code : undefined
