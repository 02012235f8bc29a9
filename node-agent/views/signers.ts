import type { Member, PublicKey, RecordOf, ShoalRecord } from '../../protocol/index.ts'
import type { Signer } from '../../protocol/control/index.ts'

/** Whose keys are whose, as this node knows it now. */
export interface Keyring {
  readonly root: RecordOf<'root'> | undefined
  members(): Iterable<Member>
  all(kind: 'grant'): Iterable<RecordOf<'grant'>>
}

export type NameSigners = (record: ShoalRecord) => readonly Signer[]

/** Names keys by their role in the root in force, or by the host or the invitation that they are of. */
export function createSigners(keyring: Keyring): NameSigners {
  const { root } = keyring
  let named: ReadonlyMap<PublicKey, string> | undefined
  const hostOf = (key: PublicKey): string | null => (named ??= namesOf(keyring)).get(key) ?? null
  const roleOf = (key: PublicKey): string | null => {
    if (root === undefined) return hostOf(key)
    const patterns = root.body.publishers.filter(({ keys }) => keys.includes(key)).map(({ channels }) => channels)
    if (patterns.length > 0)
      return `publisher of ${patterns.map((name) => (name === '*' ? 'every channel' : name)).join(', ')}`
    if (root.body.enroller.keys.includes(key)) return 'enroller'
    if (root.body.root.keys.includes(key)) return 'root'
    return hostOf(key)
  }
  return (record) => record.signatures.map(({ key }) => ({ key, role: roleOf(key) }))
}

/** A look at every member, which most signatures do not need: they are of keys that the root names. */
function namesOf(keyring: Keyring): ReadonlyMap<PublicKey, string> {
  const hosts = new Map<PublicKey, string>()
  for (const { body } of keyring.all('grant')) hosts.set(body.joinKey, `invitation of ${body.host}`)
  for (const { hostKey, host } of keyring.members()) hosts.set(hostKey, host)
  return hosts
}
