import type { NetReach } from './types.ts'

/** Of a node that is not running. */
export const NOWHERE: NetReach = { behindNat: false, relays: [], relayedBytes: 0, unreached: 0, nextDialAt: null }
