import { z } from 'zod'
import { type ChannelName, parseChannelName, ShoalError } from '../../protocol/index.ts'
import type { TargetRow, TargetSettings } from '../../protocol/control/index.ts'
import { DEFAULT_POLICY, type TargetConfig, type TargetPolicy } from '../config/index.ts'
import { readJson, type Store, writeJson } from './store.ts'

const KEY = 'targets'

const rowSchema = z.strictObject({
  channel: z.string(),
  root: z.string(),
  strategy: z.enum(['in-place', 'swap', 'generations']),
  graceMs: z.number(),
  keep: z.number(),
})

/** What this host applies where: from config.toml, and from `shoal target add`. One target a channel. */
export class TargetTable {
  readonly #store: Store
  readonly #configured: readonly TargetConfig[]
  #added: readonly TargetSettings[] = []
  readonly #listeners = new Set<() => void>()

  constructor(deps: { readonly store: Store }, init: { readonly configured: readonly TargetConfig[] }) {
    this.#store = deps.store
    this.#configured = init.configured
  }

  /** @throws STORE_CORRUPT */
  async load(): Promise<void> {
    const parsed = z.array(rowSchema).safeParse((await readJson(this.#store.meta, KEY)) ?? [])
    if (!parsed.success) throw new ShoalError('STORE_CORRUPT', 'the kept targets cannot be read; nothing was changed')
    this.#added = parsed.data
  }

  list(): readonly TargetRow[] {
    const configured = this.#configured.map(({ policy: _policy, ...t }) => ({ ...t, source: 'config' as const }))
    const added = this.#added
      .filter((t) => !configured.some((c) => c.channel === t.channel))
      .map((t) => ({ ...t, source: 'command' as const }))
    return [...configured, ...added].toSorted((a, b) => (a.channel < b.channel ? -1 : 1))
  }

  get(channel: string): TargetRow | undefined {
    return this.list().find((t) => t.channel === channel)
  }

  /** How the channel's target is treated; only config.toml sets it. */
  policy(channel: string): TargetPolicy {
    return this.#configured.find((t) => t.channel === channel)?.policy ?? DEFAULT_POLICY
  }

  /** @throws TARGET_EXISTS when the channel has a target, or another target lies at, above or below the root */
  async add(settings: TargetSettings): Promise<TargetRow> {
    for (const other of this.list()) {
      if (other.channel === settings.channel) {
        throw new ShoalError('TARGET_EXISTS', `${other.channel} already has a target, ${other.root}; remove it first`)
      }
      if (contains(other.root, settings.root) || contains(settings.root, other.root)) {
        throw new ShoalError(
          'TARGET_EXISTS',
          `${settings.root} overlaps ${other.root} of channel ${other.channel}; two releases cannot own one path`,
        )
      }
    }
    await this.#save([...this.#added, settings])
    return { ...settings, source: 'command' }
  }

  /** The live tree is left as it is. @throws NO_SUCH_TARGET, CONFIG_INVALID when config.toml sets it */
  async remove(channel: string): Promise<TargetRow> {
    const row = this.get(channel)
    if (row === undefined) throw new ShoalError('NO_SUCH_TARGET', `this host has no target for ${channel}`)
    if (row.source === 'config') {
      throw new ShoalError('CONFIG_INVALID', `the target of ${channel} is set in config.toml; remove it there`)
    }
    await this.#save(this.#added.filter((t) => t.channel !== channel))
    return row
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  async #save(added: readonly TargetSettings[]): Promise<void> {
    await writeJson(this.#store, this.#store.meta, KEY, added)
    this.#added = added
    for (const listener of this.#listeners) listener()
  }
}

const contains = (outer: string, inner: string): boolean =>
  inner === outer || inner.startsWith(`${outer.replace(/\/$/, '')}/`)

/** The channel of a target row, which was checked when it was added. */
export const channelOf = (row: TargetRow): ChannelName => parseChannelName(row.channel)
