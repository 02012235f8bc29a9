import { z } from 'zod'
import { ALERT_RULES, type ConsoleSettings } from '../../protocol/control/index.ts'
import { readJson, type Store, writeJson } from '../store/index.ts'

const KEY = 'console-settings'
const NONE: ConsoleSettings = { savedViews: [], mutedAlerts: [] }

const kept = z.object({
  savedViews: z.array(z.object({ name: z.string(), query: z.string(), channel: z.string().nullable() })),
  mutedAlerts: z.array(z.enum(ALERT_RULES)),
})

/** What consoles have set, kept in the home. */
export class SettingsBook {
  readonly #store: Store
  #settings = NONE

  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store
  }

  async load(): Promise<void> {
    const parsed = kept.safeParse(await readJson(this.#store.meta, KEY))
    if (parsed.success) this.#settings = parsed.data
  }

  get(): ConsoleSettings {
    return this.#settings
  }

  async set(settings: ConsoleSettings): Promise<void> {
    const savedViews = settings.savedViews.toSorted((a, b) => (a.name < b.name ? -1 : 1))
    await writeJson(this.#store, this.#store.meta, KEY, { ...settings, savedViews })
    this.#settings = { ...settings, savedViews }
  }
}
