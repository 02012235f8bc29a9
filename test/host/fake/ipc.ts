import { EventEmitter } from 'node:events'
import type { WebContents, WebFrame } from './web-contents.ts'
import type { MessagePortMain } from './ports.ts'

/** Who sent a message, and what came with it. */
export interface IpcEvent {
  readonly sender: WebContents
  readonly senderFrame: WebFrame | null
  readonly ports: readonly MessagePortMain[]
}

type Handler = (event: IpcEvent, ...args: unknown[]) => unknown

class IpcMain extends EventEmitter {
  readonly #handlers = new Map<string, Handler>()

  handle(channel: string, handler: Handler): void {
    if (this.#handlers.has(channel)) throw new Error(`a second handler for ${channel}`)
    this.#handlers.set(channel, handler)
  }

  removeHandler(channel: string): void {
    this.#handlers.delete(channel)
  }

  async invoke(channel: string, event: IpcEvent, args: readonly unknown[]): Promise<unknown> {
    const handler = this.#handlers.get(channel)
    if (handler === undefined) throw new Error(`no handler registered for '${channel}'`)
    return handler(event, ...args)
  }
}

export const ipcMain = new IpcMain()
