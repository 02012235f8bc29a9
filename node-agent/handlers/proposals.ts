import { LIMITS, type Proposed, ShoalError } from '../../protocol/index.ts'
import { effectOf } from '../../protocol/access/index.ts'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import type { Core } from '../core.ts'
import { accessInput, announceAll, dropRetired, proposalRow, requireRoot, sign } from './signing.ts'
import type { HandlerDeps } from './types.ts'

/** Adding this home's signature to what others proposed. */
export function proposalHandlers(deps: HandlerDeps): Pick<ControlHandlers, 'approve'> {
  const { core } = deps
  return {
    approve: async ({ id, instead, dryRun }) => {
      const { record } = findProposal(core, id)
      const before = await proposalRow(deps, record.id)
      if (before === null) throw gone(id)
      const { book } = core.mesh
      const effect = record.kind === 'root' ? effectOf(book.trust, [record], await accessInput(deps)) : null
      if (record.kind === 'head') checkFollows(core, record.key, record.version, record.body.expiresMs)
      if (dryRun) return { proposal: before, done: false, effect }
      const pairs = await core.keyring.signers(record.kind === 'root' ? 'root' : 'publisher')
      const taken = await sign(core, record, pairs, instead && record.kind === 'root')
      await announceAll(deps, taken.records)
      if (taken.done && record.kind === 'root') await dropRetired(core)
      return {
        proposal: (await proposalRow(deps, record.id)) ?? {
          ...before,
          missing: [],
          canApprove: false,
          completes: false,
        },
        done: taken.done,
        effect,
      }
    },
  }
}

/** A head is signed only as one of the next: a sequence far ahead would block the channel (TRUST-20). @throws HEAD_ROLLBACK, HEAD_EXPIRED */
function checkFollows(core: Core, channel: string, sequence: number, expiresMs: number): void {
  const current = core.mesh.book.head(channel)?.version ?? 0
  if (sequence <= current || sequence > current + LIMITS.sequenceGap) {
    const what = `release ${sequence} does not follow ${channel}'s head, which is ${current}`
    throw new ShoalError('HEAD_ROLLBACK', `${what}; it was not signed. Propose it anew`)
  }
  if (expiresMs < core.init.clock.now())
    throw new ShoalError(
      'HEAD_EXPIRED',
      `the proposed release ${sequence} of ${channel} has expired; it was not signed`,
    )
}

/** By its id or the beginning of it. @throws NO_SUCH_PROPOSAL */
export function findProposal(core: Core, id: string): Proposed {
  requireRoot(core)
  const found = core.mesh.book.trust.proposals().filter(({ record }) => record.id.startsWith(id))
  const [first] = found
  if (first === undefined) throw gone(id)
  if (found.some(({ record }) => record.id !== first.record.id))
    throw new ShoalError('NO_SUCH_PROPOSAL', `several proposals begin with ${id}; give more of its digits`)
  return first
}

const gone = (id: string): ShoalError =>
  new ShoalError(
    'NO_SUCH_PROPOSAL',
    `no proposal ${id} waits for signatures here; it may be in force already, or overtaken`,
  )
