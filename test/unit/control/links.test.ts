import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { type WebSocket as WsSocket, WebSocketServer } from 'ws'
import { socketLink } from '../../../node-agent/control/index.ts'
import { CONTROL_LIMITS, joinLinks, portLink, webSocketLink } from '../../../protocol/control/index.ts'
import { controlLinkSuite } from '../../compliance/control-link.ts'

controlLinkSuite('MessagePort', async () => {
  const { port1, port2 } = new MessageChannel()
  return {
    caller: portLink(port1),
    server: portLink(port2),
    dispose: async () => {
      port1.close()
      port2.close()
    },
  }
})

controlLinkSuite('unix socket', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'shoal-link-'))
  const path = join(directory, 'link.sock')
  const accepted = Promise.withResolvers<Socket>()
  const server = createServer((socket) => accepted.resolve(socket))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const caller = connect(path)
  const peer = await accepted.promise
  return {
    caller: socketLink(caller),
    server: socketLink(peer),
    dispose: async () => {
      caller.destroy()
      peer.destroy()
      await new Promise((resolve) => server.close(resolve))
      await rm(directory, { recursive: true })
    },
  }
})

controlLinkSuite('WebSocket', async () => {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, maxPayload: CONTROL_LIMITS.messageBytes })
  await once(server, 'listening')
  const address = server.address()
  if (typeof address !== 'object' || address === null) throw new Error('not listening')
  const accepted = new Promise<WsSocket>((resolve) => server.once('connection', resolve))
  // The browser's own class, as Node.js has it.
  const caller = new WebSocket(`ws://127.0.0.1:${address.port}`)
  await new Promise((resolve) => caller.addEventListener('open', resolve, { once: true }))
  const peer = await accepted
  return {
    caller: webSocketLink(caller),
    server: webSocketLink(peer, () => peer.terminate()),
    dispose: async () => {
      caller.close()
      peer.terminate()
      await new Promise((resolve) => server.close(resolve))
    },
  }
})

controlLinkSuite('two links joined', async () => {
  const [outer, inner] = [new MessageChannel(), new MessageChannel()]
  joinLinks(portLink(outer.port2), portLink(inner.port1))
  return {
    caller: portLink(outer.port1),
    server: portLink(inner.port2),
    dispose: async () => {
      outer.port1.close()
      inner.port2.close()
    },
  }
})
