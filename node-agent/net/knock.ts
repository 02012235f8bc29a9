import type { Socket } from 'node:net'
import { LIMITS } from '../../protocol/index.ts'

/** Opens one TCP connection; rejects when the signal aborts. The signal destroys the socket later, too. */
export type Connect = (signal: AbortSignal) => Promise<Socket>

/**
 * Opens a connection over a link that may come back at any moment: knocks again every LIMITS.knockMs beside the attempts that still wait, as the kernel by itself asks later
 * and later. The first that gets through wins, so that a long round trip costs nothing (NET-20).
 *
 * @throws what an attempt failed with, or the signal's abort
 */
export async function knock(connect: Connect, signal: AbortSignal): Promise<Socket> {
  const attempts: AbortController[] = []
  const { promise, resolve, reject } = Promise.withResolvers<{
    readonly socket: Socket
    readonly by: AbortController
  }>()
  const begin = (): void => {
    const by = new AbortController()
    attempts.push(by)
    connect(AbortSignal.any([signal, by.signal])).then((socket) => resolve({ socket, by }), reject)
  }
  begin()
  const again = setInterval(begin, LIMITS.knockMs)
  again.unref()
  let winner: AbortController | undefined
  try {
    const { socket, by } = await promise
    winner = by
    return socket
  } finally {
    clearInterval(again)
    for (const attempt of attempts) if (attempt !== winner) attempt.abort()
  }
}
