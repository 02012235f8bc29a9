import type { ProposalRow } from '../../protocol/control/index.ts'
import { printable } from './text.ts'

/** How far a proposal is, and how it goes on. */
export function waitingLines(proposal: ProposalRow): string {
  const { id, missing, signed } = proposal
  const names = signed.map(({ key, holder }) => (holder === null ? key.slice(0, 16) : printable(holder)))
  return [
    ...missing.map(({ role, have, need }) => `waits for signatures: ${printable(role)} has ${have} of ${need}`),
    `signed by ${names.length === 0 ? 'nobody' : names.join(', ')}; another holder signs with: shoal approve ${id.slice(0, 16)}`,
  ]
    .map((line) => `${line}\n`)
    .join('')
}
