import { mkdir, mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '../../node-agent/config/index.ts'
import { Core } from '../../node-agent/core.ts'
import type { Logger } from '../../node-agent/lifecycle/index.ts'
import { type Entered, writeKey } from '../../node-agent/mesh/index.ts'
import {
  type HostName,
  type KeyPair,
  keyPairFromSeed,
  parseHostName,
  parseMeshId,
  parseSiteName,
  type RecordOf,
  signRecord,
  type SiteName,
  toHex,
} from '../../protocol/index.ts'
import type { SimulatedClock } from './clock.ts'
import { seedOf } from './enrol.ts'

const DAY_MS = 86_400_000

/** Where the simulated console stands. */
export const CONSOLE = { host: parseHostName('console-anna'), site: parseSiteName('head-office') } as const

/** A home of its own, opened, in a mesh of which it holds every key. */
export interface SimulatedHome {
  /** Holds the home, and the folders that can be published. */
  readonly folder: string
  readonly builds: string
  readonly core: Core
  readonly enroller: KeyPair
  /** Another publisher, whose key is elsewhere in truth. */
  readonly colleague: KeyPair
}

/** A folder for the system to clear away, and a new mesh in it; its keys come of the seed, since nobody outside trusts them. */
export async function makeHome(clock: SimulatedClock, log: Logger, seed: number): Promise<SimulatedHome> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'shoal-simulator-')))
  const [home, builds] = [join(folder, 'home'), join(folder, 'builds')]
  await mkdir(home, { mode: 0o700 })
  await mkdir(builds)
  const config = await parseConfig(`[web]\nroots = [${JSON.stringify(builds)}]\n`, join(home, 'config.toml'))
  const core = await Core.open({ home, config, clock, log })
  const keys = await makeKeys(seed)
  await core.enter(() => makeMesh(home, keys, seed, clock.now()))
  return { folder, builds, core, enroller: keys.enroller, colleague: keys.colleague }
}

async function makeKeys(seed: number) {
  const of = (what: string): Promise<KeyPair> => keyPairFromSeed(seedOf(seed, `key of ${what}`))
  return {
    root: await of('root'),
    publisher: await of('publisher'),
    enroller: await of('enroller'),
    colleague: await of('colleague'),
    host: await of('console'),
    join: await of('invitation of the console'),
  }
}

type Keys = Awaited<ReturnType<typeof makeKeys>>

/** As `mesh create` does, but with a colleague, and with a name of its own for this machine. */
async function makeMesh(home: string, keys: Keys, seed: number, nowMs: number): Promise<Entered> {
  const { root: rootKey, publisher, enroller, colleague, host } = keys
  for (const role of ['root', 'publisher', 'enroller', 'host'] as const) await writeKey(home, role, keys[role])
  const mesh = parseMeshId(toHex(seedOf(seed, 'mesh')).slice(0, 32))
  const name = 'simulated-mesh'
  const body = {
    name,
    root: { keys: [rootKey.publicKey], threshold: 1 },
    enroller: { keys: [enroller.publicKey], threshold: 1 },
    publishers: [{ keys: [publisher.publicKey, colleague.publicKey].toSorted(), threshold: 1, channels: '*' }],
    expiresMs: nowMs + 3 * 365 * DAY_MS,
    holders: [
      { key: publisher.publicKey, name: 'Anna' },
      { key: colleague.publicKey, name: 'Bela' },
    ],
  }
  const root = await signRecord({ mesh, kind: 'root', key: '1', version: 1, body }, [rootKey])
  const records: [RecordOf<'grant'>, RecordOf<'binding'>] = await enrolConsole(mesh, keys, seed, nowMs)
  const identity = { mesh, name, rootFingerprint: root.id, bootstrap: [] }
  const place: { readonly host: HostName; readonly site: SiteName } = CONSOLE
  return { identity, records: [root, ...records].map(({ bytes }) => bytes), ...place, hostKey: host.publicKey }
}

async function enrolConsole(
  mesh: RecordOf<'root'>['mesh'],
  { enroller, host, join: joinKey }: Keys,
  seed: number,
  nowMs: number,
): Promise<[RecordOf<'grant'>, RecordOf<'binding'>]> {
  const key = toHex(seedOf(seed, 'grant of the console')).slice(0, 32)
  const granted = { ...CONSOLE, labels: { role: 'console' }, issuedAtMs: nowMs, expiresMs: nowMs + DAY_MS }
  const grant = await signRecord(
    { mesh, kind: 'grant', key, version: 1, body: { ...granted, joinKey: joinKey.publicKey } },
    [enroller],
  )
  const body = { grant: key, hostKey: host.publicKey, boundAtMs: nowMs }
  const bindingKey = `${key}.${host.publicKey}`
  return [grant, await signRecord({ mesh, kind: 'binding', key: bindingKey, version: 1, body }, [joinKey, host])]
}
