import { ShoalError } from '../../protocol/index.ts'
import type { AccessMethods, ControlHandlers } from '../../protocol/control/index.ts'

const refuse = (name: string) => async (): Promise<never> => {
  throw new ShoalError('NOT_BUILT_YET', `${name} is not built yet; nothing was changed`)
}

/** Keys and access. */
export const accessHandlers = (): Pick<ControlHandlers, keyof AccessMethods> => ({
  access: refuse('access'),
  hostRevoke: refuse('hostRevoke'),
  quarantineResolve: refuse('quarantineResolve'),
  keyMake: refuse('keyMake'),
  keyRotate: refuse('keyRotate'),
  keyRevoke: refuse('keyRevoke'),
  rootPropose: refuse('rootPropose'),
  rootProposalExport: refuse('rootProposalExport'),
  rootProposalImport: refuse('rootProposalImport'),
  approve: refuse('approve'),
  keysLock: refuse('keysLock'),
  keysUnlock: refuse('keysUnlock'),
})
