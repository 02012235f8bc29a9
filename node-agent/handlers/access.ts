import { buildAccess } from '../../protocol/access/index.ts'
import type { AccessMethods, ControlHandlers, KeyLock } from '../../protocol/control/index.ts'
import { membershipHandlers } from './membership.ts'
import { proposalHandlers } from './proposals.ts'
import { rootHandlers } from './root-steps.ts'
import { accessInput } from './signing.ts'
import type { HandlerDeps } from './types.ts'

/** Keys and access. */
export function accessHandlers(deps: HandlerDeps): Pick<ControlHandlers, keyof AccessMethods> {
  const { keyring, init } = deps.core
  const lockState = async (): Promise<KeyLock> => {
    const { state, leftMs } = await keyring.state()
    return { state, locksAt: leftMs === undefined ? null : new Date(init.clock.now() + leftMs).toISOString() }
  }
  return {
    ...membershipHandlers(deps),
    ...rootHandlers(deps),
    ...proposalHandlers(deps),
    access: async () => buildAccess(await accessInput(deps)),
    keysLock: async ({ passphrase }) => {
      await keyring.lock(passphrase ?? undefined)
      return lockState()
    },
    keysUnlock: async ({ passphrase, idleMs }) => {
      await keyring.unlock(passphrase, idleMs)
      return lockState()
    },
  }
}
