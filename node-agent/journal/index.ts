export { type Intent, Journal, type JournalStep } from './journal.ts'
export { type SwitchIntent, SwitchJournal } from './switch-journal.ts'
