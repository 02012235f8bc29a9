import { z } from 'zod'
import type { CurvePoint } from '../../protocol/control/index.ts'
import type { Store, StoreChange } from '../store/index.ts'
import { withPoint } from './curve.ts'

const PREFIX = 'curve!'
/** Releases of a channel whose curve is kept. */
const KEPT_RELEASES = 20

const rows = z.array(z.tuple([z.number(), z.number(), z.number(), z.number(), z.number()]))

const keyOf = (channel: string, release: number): string => `${PREFIX}${channel}!${String(release).padStart(16, '0')}`

/** Convergence over time of every release, kept over restarts. A curve that cannot be read begins anew: it is no more than a picture. */
export class Curves {
  readonly #store: Store
  readonly #curves = new Map<string, readonly CurvePoint[]>()
  readonly #unsaved = new Set<string>()

  constructor(deps: { readonly store: Store }) {
    this.#store = deps.store
  }

  async load(): Promise<void> {
    for await (const [key, bytes] of this.#store.meta.iterator({ gte: PREFIX, lt: 'curve"' })) {
      const parsed = rows.safeParse(JSON.parse(new TextDecoder().decode(bytes)))
      if (!parsed.success) continue
      const curve = parsed.data.map(([atMs, hosts, converged, failed, offline]) => ({
        atMs,
        hosts,
        converged,
        failed,
        offline,
      }))
      this.#curves.set(key, curve)
    }
  }

  of(channel: string, release: number): readonly CurvePoint[] {
    return this.#curves.get(keyOf(channel, release)) ?? []
  }

  add(channel: string, release: number, point: CurvePoint): void {
    const key = keyOf(channel, release)
    const before = this.#curves.get(key) ?? []
    const after = withPoint(before, point)
    if (after === before) return
    this.#curves.set(key, after)
    this.#unsaved.add(key)
    if (before.length === 0) this.#forgetOld(channel)
  }

  async save(): Promise<void> {
    if (this.#unsaved.size === 0) return
    const changes = [...this.#unsaved].map((key): StoreChange => {
      const curve = this.#curves.get(key)
      const value = curve?.map(({ atMs, hosts, converged, failed, offline }) => [
        atMs,
        hosts,
        converged,
        failed,
        offline,
      ])
      return { in: this.#store.meta, key, value: value && new TextEncoder().encode(JSON.stringify(value)) }
    })
    this.#unsaved.clear()
    await this.#store.write(changes)
  }

  #forgetOld(channel: string): void {
    const prefix = `${PREFIX}${channel}!`
    const keys = [...this.#curves.keys()].filter((key) => key.startsWith(prefix)).toSorted()
    for (const key of keys.slice(0, Math.max(0, keys.length - KEPT_RELEASES))) {
      this.#curves.delete(key)
      this.#unsaved.add(key)
    }
  }
}
