import { readFileSync } from 'node:fs'

export const bytes = readFileSync(process.argv[1] ?? '')
