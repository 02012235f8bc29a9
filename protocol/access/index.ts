export { type AccessInput, buildAccess, keyState, maySign, type OwnKey, proposalRows } from './document.ts'
export { effectOf, type EffectInput, namedRoles } from './effect.ts'
