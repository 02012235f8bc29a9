import { connect, createServer, type Socket } from 'node:net'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { socketLink } from '../../../node-agent/control/index.ts'
import { portLink } from '../../../protocol/control/index.ts'
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
