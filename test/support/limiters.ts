import type { LinkClass } from '../../protocol/index.ts'
import { type ClassLimits, type HostConfig, NO_CLASS_LIMITS } from '../../node-agent/config/index.ts'
import { Ledger, LinkLimiter } from '../../node-agent/limits/index.ts'
import { openStore, type Store } from '../../node-agent/store/index.ts'
import type { ManualClock } from './manual-clock.ts'
import { tempDir } from './temp-dir.ts'
import { keepingLogger } from './test-mesh.ts'

export type Limits = Readonly<Partial<Record<LinkClass, Partial<ClassLimits>>>>

export const configOf = (limits: Limits, metered = false): Pick<HostConfig, 'metered' | 'limits'> => ({
  metered,
  limits: {
    sameSite: { ...NO_CLASS_LIMITS, ...limits.sameSite },
    otherSite: { ...NO_CLASS_LIMITS, ...limits.otherSite },
    relayed: { ...NO_CLASS_LIMITS, ...limits.relayed },
    metered: { ...NO_CLASS_LIMITS, ...limits.metered },
  },
})

/** A limiter over a real store; `clock` decides when anything may go on. */
export async function limiterOf(clock: ManualClock, limits: Limits, kept?: Store) {
  const store = kept ?? (await openStore(`${await tempDir()}/db`))
  const ledger = new Ledger({ store, clock, log: keepingLogger() })
  await ledger.start()
  return { store, ledger, limiter: new LinkLimiter({ clock, ledger }, configOf(limits)) }
}

export const NEAR = { sameSite: true, relayed: false }
export const FAR = { sameSite: false, relayed: false }
