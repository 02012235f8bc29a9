import { type ChildProcess, fork } from 'node:child_process'
import { EventEmitter } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ChildMessage, ParentMessage } from '../utility-child.ts'
import { type MessagePortMain, PortTable } from './ports.ts'

export interface ForkOptions {
  readonly serviceName?: string
  readonly stdio?: 'inherit' | 'ignore' | 'pipe'
  readonly env?: NodeJS.ProcessEnv
}

const SHIM = fileURLToPath(new URL('../utility-child.ts', import.meta.url))

/** A Node.js process whose `process.parentPort` leads here. */
class UtilityProcess extends EventEmitter {
  readonly #child: ChildProcess
  readonly #ports: PortTable

  constructor(child: ChildProcess) {
    super()
    this.#child = child
    this.#ports = new PortTable(
      (port, data) => this.#send({ kind: 'port', port, data }),
      (port) => this.#send({ kind: 'port-close', port }),
    )
    child.once('spawn', () => this.emit('spawn'))
    child.once('exit', (code, signal) => {
      this.#ports.closeAll()
      running.delete(child)
      this.emit('exit', code ?? (signal === null ? 1 : 128))
    })
    child.on('message', (message: ChildMessage) => {
      if (message.kind === 'message') this.emit('message', message.data)
      else if (message.kind === 'port') this.#ports.receive(message.port, message.data)
      else this.#ports.close(message.port)
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  postMessage(data: unknown, transfer: readonly MessagePortMain[] = []): void {
    this.#send({ kind: 'message', data, ports: transfer.map((port) => this.#ports.give(port)) })
  }

  kill(): boolean {
    return this.#child.kill('SIGTERM')
  }

  #send(message: ParentMessage): void {
    if (this.#child.connected) this.#child.send(message)
  }
}

const running = new Set<ChildProcess>()

/** As Electron does when it ends: no utility process outlives it. */
export const killUtilityProcesses = (): void => {
  for (const child of running) child.kill('SIGKILL')
}

export const utilityProcess = {
  fork: (entry: string, args: readonly string[] = [], options: ForkOptions = {}): UtilityProcess => {
    const child = fork(entry, [...args], {
      execArgv: ['--disable-warning=ExperimentalWarning', '--import', SHIM],
      serialization: 'advanced',
      stdio: [options.stdio ?? 'inherit', options.stdio ?? 'inherit', options.stdio ?? 'inherit', 'ipc'],
      env: { ...process.env, ...options.env },
    })
    running.add(child)
    return new UtilityProcess(child)
  },
}
