export {
  judgeRecord,
  mergeOutcome,
  publisherRole,
  type JudgeOptions,
  type MergeOutcome,
  type TrustView,
  type Verdict,
} from './judge.ts'
export { type Member, Membership } from './membership.ts'
export { decodeTicket, encodeTicket, type Ticket } from './ticket.ts'
