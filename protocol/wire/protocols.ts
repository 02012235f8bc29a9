/** libp2p protocol ids and topics. The version in an id changes when a peer of the previous one could no longer be understood. */
export const HELLO_PROTOCOL = '/shoal/hello/1.0.0'
export const RECORDS_PROTOCOL = '/shoal/records/1.0.0'
export const EXCHANGE_PROTOCOL = '/shoal/exchange/1.0.0'
export const DELTAS_PROTOCOL = '/shoal/deltas/1.0.0'
export const PUNCH_PROTOCOL = '/shoal/punch/1.0.0'

/** Gossip topic on which a mesh's records are pushed. */
export const recordsTopic = (meshId: string): string => `/shoal/${meshId}/records/1`
