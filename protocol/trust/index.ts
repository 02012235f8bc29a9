export {
  headHolds,
  judgeRecord,
  mergeOutcome,
  type MergeOutcome,
  signersOf,
  type TrustView,
  type Verdict,
} from './judge.ts'
export { type Member, Membership, type Seat } from './membership.ts'
export { joinProposals, missingSignatures, openProposal, type Proposed } from './proposed.ts'
export { enough, publisherRole } from './roles.ts'
export { nextRoot, type RootChange, type RootRole, type StepInput } from './root-step.ts'
export { decodeStep, encodeStep } from './step-text.ts'
export { decodeTicket, encodeTicket, type Ticket } from './ticket.ts'
export { type Change, TrustState, VOUCHING_ORDER } from './trust-state.ts'
