/** One plain TCP stream: `serve ADDRESS PORT BYTES` sends so many bytes to whoever connects, `fetch ADDRESS PORT` prints the seconds until all have come. */
import { connect, createServer } from 'node:net'

const [mode, host = '', port = '', bytes = ''] = process.argv.slice(2)
if (mode === 'serve') {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.end(Buffer.alloc(Number(bytes), 1))
  })
  server.listen(Number(port), host, () => process.stdout.write('ready\n'))
} else {
  const startMs = performance.now()
  const socket = connect(Number(port), host)
  socket.resume()
  socket.on('end', () => process.stdout.write(`${(performance.now() - startMs) / 1000}\n`))
}
