export { createMesh, type Entered, type GrantInit, inviteHost, joinMesh } from './enrol.ts'
export { Keyring, type RingKey } from './keyring.ts'
export {
  KEY_ROLES,
  type KeyRole,
  type MeshIdentity,
  readIdentity,
  readKey,
  writeIdentity,
  writeKey,
} from './identity.ts'
