import { connect, createServer, type Server, type Socket } from 'node:net'

/** One connection through the line. */
interface Pair {
  readonly near: Socket
  readonly far: Socket
  cut: boolean
}

/** A TCP line to one port on loopback that can go dead as a cut cable does: nobody is told, and what is sent vanishes. */
export class FrozenLink implements AsyncDisposable {
  readonly #pairs = new Set<Pair>()
  readonly #server: Server
  #dead = false

  constructor(port: number) {
    this.#server = createServer((near) => {
      const pair: Pair = { near, far: connect(port, '127.0.0.1'), cut: this.#dead }
      this.#pairs.add(pair)
      pass(pair, near, pair.far)
      pass(pair, pair.far, near)
    })
  }

  /** @returns the port to dial */
  async open(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    const address = this.#server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  }

  /** Connections of now are dead for good, and new ones that begin while it lasts. */
  freeze(): void {
    this.#dead = true
    for (const pair of this.#pairs) pair.cut = true
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { near, far } of this.#pairs) {
      near.destroy()
      far.destroy()
    }
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** What comes on one side goes out on the other, its end included, unless the line was cut. */
function pass(pair: Pair, from: Socket, to: Socket): void {
  from.on('data', (bytes) => void (pair.cut || to.write(bytes)))
  from.on('close', () => void (pair.cut || to.destroy()))
  from.on('error', () => from.destroy())
}
