import type { Check, Finding } from './types.ts'

/** Makes the findings of one check, about one thing. */
export const findingsOf = (check: Check, about: string | null = null) => ({
  ok: (found: string): Finding => ({ check, about, level: 'ok', found, advice: null }),
  warn: (found: string, advice: string): Finding => ({ check, about, level: 'warn', found, advice }),
  fail: (found: string, advice: string): Finding => ({ check, about, level: 'fail', found, advice }),
})
