/**
 * What a console costs an agent that knows many hosts, all of which change between two pictures, four a second: making and encoding the pictures of
 * the view of hosts, and how soon the first one is there over a real WebSocket.
 *
 *     node bench/console-feed.ts [--hosts 10000] [--pictures 20] [--json]
 *
 * Budgets: the first picture within 300 ms, under 100 kB/s, under a fifth of a core.
 */
import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { WebSocketServer } from 'ws'
import { hostsHandlers } from '../node-agent/handlers/views/hosts.ts'
import { systemClock } from '../node-agent/lifecycle/index.ts'
import { Fleet, hostsPictures } from '../node-agent/views/index.ts'
import { createControlClient, encodeFrame, parseRequest, serveLink, webSocketLink } from '../protocol/control/index.ts'
import { fakeHandlers } from '../test/support/fake-handlers.ts'
import { simulatedMesh } from '../test/support/simulated-book.ts'

const { values } = parseArgs({
  options: {
    hosts: { type: 'string', default: '10000' },
    pictures: { type: 'string', default: '20' },
    json: { type: 'boolean', default: false },
  },
})
const [HOSTS, PICTURES] = [Number(values.hosts), Number(values.pictures)]
const PER_SECOND = 4
const VIEW = { channel: null, sort: 'site', descending: false, first: HOSTS / 2, count: 60 } as const
const QUERY = 'is:failed -site:site-03 release:<2 label:role=web'

const { book, peers, speak } = simulatedMesh(HOSTS, 40, Date.now())
const [self] = peers
if (self === undefined) throw new Error('no hosts')
const fleet = new Fleet({ book, self, own: () => undefined, waveOf: () => null })
const openMs = timed(() => fleet.open())

function timed(work: () => void): number {
  const begun = performance.now()
  work()
  return performance.now() - begun
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
await once(server, 'listening')
const address = server.address()
if (typeof address !== 'object' || address === null) throw new Error('not listening')
const handlers = fakeHandlers(hostsHandlers({ views: { fleet: () => fleet, clock: systemClock } }))
server.on('connection', (peer) => {
  const onUnexpected = (name: string, err: unknown): void => console.error(name, err)
  serveLink(
    { handlers, parse: parseRequest, onUnexpected },
    webSocketLink(peer, () => peer.terminate()),
  )
})
const socket = new WebSocket(`ws://127.0.0.1:${address.port}`)
await new Promise((resolve) => socket.addEventListener('open', resolve, { once: true }))
const client = createControlClient(webSocketLink(socket))

/** From asking to the first picture, at the window's end of the link. */
async function firstMs(query: string): Promise<number> {
  const begun = performance.now()
  const pictures = client.stream('watchHosts', { ...VIEW, query })
  await pictures.next()
  const ms = performance.now() - begun
  await pictures.return(null)
  return ms
}

const [firstPictureMs, queryMs] = [await firstMs(''), await firstMs(QUERY)]

const next = hostsPictures(fleet, { ...VIEW, query: '' })
let [pictureMs, bytes] = [0, 0]
for (let i = 0; i < PICTURES; i++) {
  for (const peer of peers) speak(peer, Date.now())
  pictureMs += timed(() => (bytes += encodeFrame({ t: 'item', id: 1, seq: i, value: next(Date.now()) }).length))
}
const unchangedMs = timed(() => next(Date.now()))

const round = (value: number, digits: number): number => Number(value.toFixed(digits))
const result = {
  hosts: HOSTS,
  openMs: round(openMs, 0),
  firstPictureMs: round(firstPictureMs, 0),
  queryMs: round(queryMs, 0),
  pictureMs: round(pictureMs / PICTURES, 1),
  unchangedPictureMs: round(unchangedMs, 1),
  kBPerSecond: round((bytes / PICTURES / 1000) * PER_SECOND, 0),
  coreShare: round(((pictureMs / PICTURES) * PER_SECOND) / 1000, 2),
}
console.log(values.json ? JSON.stringify(result) : result)
await client.close()
server.close()
