export type { CliIo, Output } from './io.ts'
export { runCli } from './run.ts'
export type * from './seams.ts'
