import { lutimes, symlink, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import type { Caller } from '../../protocol/control/index.ts'
import type { SimulatedClock } from './clock.ts'
import { CHANNELS } from './world.ts'
import { writeVersion } from './trees.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Releases of the past: channel, how long ago, and what was said of it. */
const PAST: readonly (readonly [channel: string, agoMs: number, message: string])[] = [
  [CHANNELS.baseConfig, 61 * DAY_MS, 'First common configuration'],
  [CHANNELS.web, 40 * DAY_MS, 'Search by place'],
  [CHANNELS.edgeFirmware, 33 * DAY_MS, 'Modem reconnects after a cut'],
  [CHANNELS.kiosk, 27 * DAY_MS, 'Larger buttons'],
  [CHANNELS.web, 9 * DAY_MS, 'Spring images'],
  [CHANNELS.kiosk, 6 * DAY_MS, 'Opening hours'],
  [CHANNELS.web, 2 * DAY_MS + 3 * HOUR_MS, 'Fix of the broken search'],
  [CHANNELS.baseConfig, 26 * HOUR_MS, 'Time servers of the sites'],
]

/** What the rollout that is under way asks of each wave. */
export const WAVES = [
  'label:ring=canary:healthy=85%:after=8m',
  '20%:healthy=85%:approve:late',
  '60%:healthy=95%:approve:late',
  'all',
]

export class History {
  readonly #handlers: Pick<ControlHandlers, 'publish'>
  readonly #clock: SimulatedClock
  readonly #builds: string
  readonly #versions = new Map<string, number>()

  constructor(deps: {
    readonly handlers: Pick<ControlHandlers, 'publish'>
    readonly clock: SimulatedClock
    readonly builds: string
  }) {
    this.#handlers = deps.handlers
    this.#clock = deps.clock
    this.#builds = deps.builds
  }

  /** Publishes the past, in its order. @param nowMs when the window is opened */
  async publishPast(nowMs: number): Promise<void> {
    for (const [channel, agoMs, message] of PAST) {
      this.#clock.wind(nowMs - agoMs)
      await this.publish(channel, message, [])
    }
  }

  /** Publishes the channel's folder as it has become. */
  async publish(channel: string, message: string, waves: readonly string[]): Promise<void> {
    const dir = await this.#change(channel)
    const request = { dir, channel, message, lifetimeMs: 90 * DAY_MS, dryRun: false, checksum: false, waves }
    const { signal } = new AbortController()
    const caller: Caller = { gone: signal }
    const progress = this.#handlers.publish(request, signal, caller)
    while ((await progress.next()).done !== true);
  }

  /** Every folder is a version further than its channel, so that there is something to publish. */
  async changeAll(): Promise<void> {
    for (const channel of Object.values(CHANNELS)) await this.#change(channel)
    const [link, at] = [join(this.#builds, CHANNELS.web, 'assets/originals'), new Date(this.#clock.now())]
    await symlink('/srv/images', link)
    await lutimes(link, at, at)
    await utimes(dirname(link), at, at)
  }

  /** Makes the next version in the channel's folder: its path. */
  async #change(channel: string): Promise<string> {
    const version = (this.#versions.get(channel) ?? 0) + 1
    this.#versions.set(channel, version)
    const dir = join(this.#builds, channel)
    await writeVersion(dir, channel, version, this.#clock.now())
    return dir
  }
}
