/** What a window needs to call an agent: no schemas, the serving side checks. */
export { createControlClient } from './client.ts'
export type * from './contract.ts'
export { portLink, type PortLike } from './port-link.ts'
