export { type Intent, Journal, type JournalStep, type StepKind } from './journal.ts'
export { type SwitchIntent, SwitchJournal } from './switch-journal.ts'
