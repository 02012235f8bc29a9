import {
  type ControlBody,
  type ChannelStatus,
  createKeyPair,
  type GrantBody,
  type HeadBody,
  type KeyPair,
  keyPairFromSeed,
  parseChannelName,
  parseDigest,
  parseHostName,
  parseMeshId,
  parseSiteName,
  peerKeyOf,
  type RecordOf,
  type Rollout,
  signRecord,
  type RootBody,
  type ProposableKind,
  type StatusBody,
} from '../../protocol/index.ts'

/** A mesh made from fixed seeds, so that its bytes are the same in every run. */
export const MESH = parseMeshId('0102030405060708090a0b0c0d0e0f10')
export const NOW_MS = 1_800_000_000_000
export const DAY_MS = 86_400_000

export const seeded = (n: number): Promise<KeyPair> => keyPairFromSeed(new Uint8Array(32).fill(n))

export interface MeshFixture {
  readonly rootKey: KeyPair
  readonly publisher: KeyPair
  readonly enroller: KeyPair
  readonly root: RecordOf<'root'>
}

export async function meshFixture(): Promise<MeshFixture> {
  const [rootKey, publisher, enroller] = [await seeded(1), await seeded(2), await seeded(3)]
  const role = (pair: KeyPair) => ({ keys: [pair.publicKey], threshold: 1 })
  const body = {
    name: 'north',
    root: role(rootKey),
    enroller: role(enroller),
    publishers: [{ ...role(publisher), channels: '*' }],
    expiresMs: NOW_MS + 3650 * DAY_MS,
  }
  const root = await signRecord({ mesh: MESH, kind: 'root', key: '1', version: 1, body }, [rootKey])
  return { rootKey, publisher, enroller, root }
}

export const grantBody = (joinKey: KeyPair, over: Partial<GrantBody> = {}): GrantBody => ({
  host: parseHostName('oslo-1'),
  site: parseSiteName('oslo'),
  labels: { role: 'web' },
  issuedAtMs: NOW_MS,
  expiresMs: NOW_MS + DAY_MS,
  joinKey: joinKey.publicKey,
  ...over,
})

export const signGrant = (
  mesh: MeshFixture,
  key: string,
  body: GrantBody,
  signer?: KeyPair,
  version = 1,
): Promise<RecordOf<'grant'>> =>
  signRecord({ mesh: MESH, kind: 'grant', key, version, body }, [signer ?? mesh.enroller])

export const signBinding = (grant: string, joinKey: KeyPair, host: KeyPair): Promise<RecordOf<'binding'>> =>
  signRecord(
    {
      mesh: MESH,
      kind: 'binding',
      key: `${grant}.${host.publicKey}`,
      version: 1,
      body: { grant, hostKey: host.publicKey, boundAtMs: NOW_MS },
    },
    [joinKey, host],
  )

export const headBody = (over: Partial<HeadBody> = {}): HeadBody => ({
  manifest: parseDigest('ab'.repeat(32)),
  manifestBytes: 1234,
  manifestIndex: parseDigest('cd'.repeat(32)),
  entries: 10,
  treeBytes: 5678,
  deltas: [],
  rollout: undefined,
  publishedAtMs: NOW_MS,
  expiresMs: NOW_MS + 90 * DAY_MS,
  message: 'first',
  ...over,
})

export const signHead = (
  version: number,
  publisher: KeyPair,
  over: Partial<HeadBody> = {},
  channel = 'web',
): Promise<RecordOf<'head'>> =>
  signRecord({ mesh: MESH, kind: 'head', key: channel, version, body: headBody(over) }, [publisher])

export const statusBody = (over: Partial<StatusBody> = {}): StatusBody => ({
  host: parseHostName('oslo-1'),
  site: parseSiteName('oslo'),
  atMs: NOW_MS,
  agentVersion: '0.1.0',
  addresses: ['/ip4/127.0.0.1/tcp/4001'],
  channels: [],
  ...over,
})

export const channelStatus = (over: Partial<ChannelStatus> = {}): ChannelStatus => ({
  channel: parseChannelName('web'),
  sequence: 1,
  manifest: parseDigest('ab'.repeat(32)),
  state: 'fetching',
  proved: false,
  provedAtMs: NOW_MS,
  progress: 0.5,
  targetSequence: 2,
  received: { wireBytes: 4_321, sameSiteBytes: 1, otherSiteBytes: 4_320, wastedBytes: 765, reusedBytes: 0 },
  commit: undefined,
  retained: { releases: 0, bytes: 0, heldBytes: 0 },
  staleProcesses: [],
  atRisk: [],
  error: undefined,
  ...over,
})

export const signStatus = (
  host: KeyPair,
  version: number,
  over: Partial<StatusBody> = {},
): Promise<RecordOf<'status'>> =>
  signRecord({ mesh: MESH, kind: 'status', key: peerKeyOf(host.publicKey), version, body: statusBody(over) }, [host])

/** An enrolled host: its grant, its binding, its keys. */
export async function enrolHost(mesh: MeshFixture, grantKey = '11'.repeat(16), over: Partial<GrantBody> = {}) {
  const [joinKey, host] = [await createKeyPair(), await createKeyPair()]
  const grant = await signGrant(mesh, grantKey, grantBody(joinKey, over))
  const binding = await signBinding(grantKey, joinKey, host)
  return { joinKey, host, grant, binding, peer: peerKeyOf(host.publicKey) }
}

/** Root `version` with the fixture's body, changed. */
export const signRoot = (
  mesh: MeshFixture,
  version: number,
  signers: readonly KeyPair[],
  over: Partial<RootBody> = {},
): Promise<RecordOf<'root'>> =>
  signRecord({ mesh: MESH, kind: 'root', key: String(version), version, body: { ...mesh.root.body, ...over } }, signers)

export const signRevocation = (
  grant: RecordOf<'grant'>,
  signer: KeyPair,
  version = 1,
): Promise<RecordOf<'revocation'>> =>
  signRecord(
    {
      mesh: MESH,
      kind: 'revocation',
      key: grant.key,
      version,
      body: { host: grant.body.host, atMs: NOW_MS, reason: 'stolen' },
    },
    [signer],
  )

/** One key's voice for a record: the record is signed by that key alone. */
export const signProposal = (
  record: RecordOf<ProposableKind>,
  signer: KeyPair,
  atMs = NOW_MS,
): Promise<RecordOf<'proposal'>> =>
  signRecord(
    {
      mesh: MESH,
      kind: 'proposal',
      key: `${record.kind}/${record.key}.${signer.publicKey}`,
      version: atMs,
      body: { record: record.bytes, atMs },
    },
    [signer],
  )

export const roleOf = (keys: readonly KeyPair[], threshold = 1) => ({
  keys: keys.map(({ publicKey }) => publicKey),
  threshold,
})

/** Two waves, with every kind of gate. */
export const aRolloutBody: Rollout = {
  salt: 7,
  waves: [
    {
      select: 'label:role=canary',
      gates: { healthyPercent: 95, afterMs: 1_800_000, approve: false },
      hosts: 5,
      late: false,
    },
    { select: '12.5%', gates: { healthyPercent: undefined, afterMs: undefined, approve: true }, hosts: 12, late: true },
  ],
}

/** A publisher's words on a head's rollout: nothing said unless told. */
export const signControl = (
  publisher: KeyPair,
  head: RecordOf<'head'>,
  version: number,
  over: Partial<ControlBody> = {},
): Promise<RecordOf<'control'>> =>
  signRecord(
    {
      mesh: MESH,
      kind: 'control',
      key: `${head.key}.${publisher.publicKey}`,
      version,
      body: {
        sequence: head.version,
        head: head.id,
        pause: { fromWave: 1, order: 1, atMs: NOW_MS, message: 'lunch' },
        promote: { wave: 0, atMs: 0, message: '' },
        ...over,
      },
    },
    [publisher],
  )

export const signRetry = (
  publisher: KeyPair,
  head: RecordOf<'head'>,
  host: KeyPair,
  version: number,
): Promise<RecordOf<'retry'>> =>
  signRecord(
    {
      mesh: MESH,
      kind: 'retry',
      key: `${head.key}.${peerKeyOf(host.publicKey)}`,
      version,
      body: { sequence: head.version, head: head.id, atMs: NOW_MS },
    },
    [publisher],
  )
