/** A BitTorrent tracker for one torrent, as aria2 needs one to find others: `node tracker-side.ts ADDRESS PORT`. Answers compact peer lists (BEP 3 and 23). */
import { createServer } from 'node:http'

const [address = '127.0.0.1', port = '6969'] = process.argv.slice(2)
const known = new Map<string, Buffer>()

createServer((request, response) => {
  const from = request.socket.remoteAddress?.replace('::ffff:', '') ?? ''
  const listening = Number(new URL(request.url ?? '/', 'http://tracker').searchParams.get('port'))
  const packed = Buffer.from([...from.split('.').map(Number), listening >> 8, listening & 0xff])
  known.set(from, packed)
  const peers = Buffer.concat([...known.values()].filter((peer) => !peer.equals(packed)))
  response.end(
    Buffer.concat([Buffer.from(`d8:intervali5e12:min intervali5e5:peers${peers.length}:`), peers, Buffer.from('e')]),
  )
}).listen(Number(port), address, () => process.stdout.write('ready\n'))
