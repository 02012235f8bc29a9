export { type Intent, Journal, type JournalStep } from './journal.ts'
