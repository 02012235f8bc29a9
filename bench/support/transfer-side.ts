import { createHash, randomBytes } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { createFetcher } from '../../node-agent/fetch/index.ts'
import { createLogger, systemClock } from '../../node-agent/lifecycle/index.ts'
import { type Channel, createNet, type MembershipBook, type NetDeps } from '../../node-agent/net/index.ts'
import {
  AVERAGE_CHUNK_BYTES,
  type ChunkRef,
  type Digest,
  LIMITS,
  parseDigest,
  parseSiteName,
} from '../../protocol/index.ts'
import { type ProfileShares, profiled } from './profile.ts'

export type Side = 'sender' | 'receiver'

/** Raw TCP; frames over libp2p (TCP, Noise, Yamux) without Shoal's exchange; the exchange with its checks. */
export type Path = 'tcp' | 'net' | 'shoal'

type Request =
  | { readonly do: 'serve'; readonly path: Path; readonly bytes: number }
  | { readonly do: 'prepare'; readonly path: Path; readonly bytes: number; readonly address: string }
  | { readonly do: 'measure' | 'receive'; readonly profile: boolean }
  | { readonly do: 'finish' }

const RAW_PROTOCOL = '/shoal/bench/1.0.0'
const MESH = '00'.repeat(16)
const MANIFEST = parseDigest('ab'.repeat(32))

/** Runs one side in its own process, driven by messages. */
export async function sideMain(side: Side, far: boolean): Promise<void> {
  sites = far ? 'each' : 'one'
  const finish = Promise.withResolvers<void>()
  let receive: (() => Promise<void>) | undefined
  const answer = async (request: Request): Promise<object | undefined> => {
    switch (request.do) {
      case 'serve':
        return { address: await SERVE[request.path](request.bytes) }
      case 'prepare':
        receive = await PREPARE[request.path](request.address, request.bytes)
        return {}
      case 'measure':
        return measured(() => finish.promise, request.profile)
      case 'receive':
        return measured(async () => receive?.(), request.profile)
      case 'finish':
        finish.resolve()
        return undefined
    }
  }
  process.on('message', (request: Request) => {
    answer(request).then(
      (result) => result !== undefined && process.send?.(result),
      (err: unknown) => process.send?.({ error: `${side}: ${String(err)}` }),
    )
  })
  process.on('disconnect', () => process.exit(0))
}

async function measured(
  work: () => Promise<void>,
  profile: boolean,
): Promise<{ readonly seconds: number; readonly cpuSeconds: number; readonly shares?: ProfileShares }> {
  const cpu = process.cpuUsage()
  const start = performance.now()
  const run = profile ? await profiled(work) : { result: await work(), shares: undefined }
  const seconds = (performance.now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const cpuSeconds = (user + system) / 1e6
  return { seconds, cpuSeconds, ...(run.shares === undefined ? {} : { shares: run.shares }) }
}

/** The same chunks on both sides: counters with pseudo-random rests of one block, sizes around the average. */
function makeChunks(bytes: number): { readonly refs: ChunkRef[]; readonly chunks: Map<Digest, Uint8Array> } {
  const block = createHash('shake256', { outputLength: 4 * AVERAGE_CHUNK_BYTES })
    .update('transfer')
    .digest()
  const refs: ChunkRef[] = []
  const chunks = new Map<Digest, Uint8Array>()
  for (let left = bytes, n = 0; left > 0; n++) {
    const size = Math.min(left, Math.floor(AVERAGE_CHUNK_BYTES * (0.5 + ((n * 7919) % 1000) / 1000)))
    const chunk = Buffer.from(block.subarray((n * 4099) % AVERAGE_CHUNK_BYTES).subarray(0, size))
    chunk.writeUInt32BE(n)
    const digest = parseDigest(createHash('sha256').update(chunk).digest('hex'))
    refs.push({ digest, size: chunk.length })
    chunks.set(digest, chunk)
    left -= chunk.length
  }
  return { refs, chunks }
}

async function serveTcp(bytes: number): Promise<string> {
  const { chunks } = makeChunks(bytes)
  const server = createServer({ noDelay: true }, (socket) => {
    const rest = chunks.values()
    const pump = (): void => {
      for (const chunk of rest) if (!socket.write(chunk)) return
      socket.end()
    }
    socket.on('drain', pump)
    pump()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return String(typeof address === 'object' ? address?.port : '')
}

const prepareTcp = async (port: string, bytes: number) => (): Promise<void> =>
  new Promise((resolve, reject) => {
    let left = bytes
    const socket = connect(Number(port), '127.0.0.1')
    socket.on('data', (data) => (left -= data.length))
    socket.on('error', reject)
    socket.on('end', () => (left === 0 ? resolve() : reject(new Error(`${left} bytes are missing`))))
  })

/** Whether all are on one site, or each on its own. */
let sites: 'one' | 'each' = 'one'

/** Everybody is a member: admission costs nothing here. */
const openBook: MembershipBook = {
  offer: async () => ({ outcome: 'known' }),
  all: () => [],
  member: (peer) => ({ site: parseSiteName(sites === 'one' ? 'bench' : peer.slice(-8).toLowerCase()) }),
  ownProof: () => [],
  isNewcomer: () => false,
  onNew: () => () => {},
}

function nodeOf(): { readonly net: ReturnType<typeof createNet>; readonly deps: NetDeps } {
  const log = createLogger({
    level: 'warn',
    json: false,
    write: (line) => process.stderr.write(line),
    clock: systemClock,
  })
  const addressBook = { load: async () => [], save: async () => {} }
  const deps = { book: openBook, addressBook, clock: systemClock, log, rng: Math.random }
  const init = {
    privateKey: randomBytes(32),
    mesh: MESH,
    bootstrap: [],
    mdns: false,
    relay: false,
    paced: true,
    transport: 'tcp',
  } as const
  return { deps, net: createNet(deps, { ...init, listen: ['/ip4/127.0.0.1/tcp/0'] }) }
}

async function serveShoal(bytes: number): Promise<string> {
  const { refs, chunks } = makeChunks(bytes)
  const { net, deps } = nodeOf()
  const full = new Uint8Array((refs.length + 7) >> 3).fill(0xff)
  const source = { read: async (digest: Digest) => chunks.get(digest), have: async () => full, onHave: () => () => {} }
  await createFetcher({ ...deps, net, source, site: () => undefined }).start()
  await net.start()
  return net.addresses()[0] ?? ''
}

async function prepareShoal(address: string, bytes: number): Promise<() => Promise<void>> {
  const { refs } = makeChunks(bytes)
  const { net, deps } = nodeOf()
  const source = { read: async () => undefined, have: async () => undefined, onHave: () => () => {} }
  const fetcher = createFetcher({ ...deps, net, source, site: () => undefined })
  await fetcher.start()
  await net.start()
  await net.dial(address)
  return async () => {
    let left = bytes
    const job = {
      manifest: MANIFEST,
      chunks: refs,
      missing: refs.map((_, i) => i),
      onChunk: async (_: Digest, chunk: Uint8Array): Promise<void> => void (left -= chunk.length),
    }
    await fetcher.fetch(job, { signal: AbortSignal.timeout(300_000) })
    if (left !== 0) throw new Error(`${left} bytes are missing`)
  }
}

async function serveNet(bytes: number): Promise<string> {
  const { chunks } = makeChunks(bytes)
  const { net } = nodeOf()
  const header = new Uint8Array(64)
  const send = async (channel: Channel): Promise<void> => {
    for (const chunk of chunks.values()) if (!channel.send(header, chunk)) await channel.drained()
    await channel.close()
  }
  net.handle(RAW_PROTOCOL, send, { maxFrameBytes: LIMITS.exchangeMessageBytes })
  await net.start()
  return net.addresses()[0] ?? ''
}

async function prepareNet(address: string, bytes: number): Promise<() => Promise<void>> {
  const { net } = nodeOf()
  await net.start()
  const { peer } = await net.dial(address)
  return async () => {
    const channel = await net.open(peer, RAW_PROTOCOL, { maxFrameBytes: LIMITS.exchangeMessageBytes })
    let left = bytes
    for (let frame = await channel.next(); frame !== undefined; frame = await channel.next()) left -= frame.body.length
    if (left !== 0) throw new Error(`${left} bytes are missing`)
  }
}

const SERVE = { tcp: serveTcp, net: serveNet, shoal: serveShoal } as const
const PREPARE = { tcp: prepareTcp, net: prepareNet, shoal: prepareShoal } as const
