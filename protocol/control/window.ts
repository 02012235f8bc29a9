/** What a window needs to call an agent: no schemas, the serving side checks. */
export { createControlClient } from './client.ts'
export type * from './contract.ts'
export type * from './publishing.ts'
export type * from './rollouts.ts'
export type * from './verifying.ts'
export * from './views/index.ts'
export { CONTROL_LIMITS } from './limits.ts'
export { portLink, type PortLike } from './port-link.ts'
