export { LIMITS } from './limits.ts'
export { EXCHANGE_PROTOCOL, HELLO_PROTOCOL, RECORDS_PROTOCOL, recordsTopic } from './protocols.ts'
