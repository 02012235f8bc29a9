import { closeSync, constants, openSync } from 'node:fs'
import { join } from 'node:path'

/** Name of the control socket in a home. */
export const SOCKET_NAME = 'control.sock'

/** Longest address of a unix socket on Linux, without its closing NUL. */
const MAX_ADDRESS_BYTES = 107

/** A socket's address for bind and connect, and what must be let go once it is no longer used. */
export interface SocketAddress {
  readonly path: string
  release(): void
}

/**
 * The address of the control socket of a home. A home whose path is too long for a socket address is reached through an open directory
 * (`/proc/self/fd/N/control.sock`), so that a home may lie as deep as a file may (CTL-10).
 */
export function socketAddress(home: string): SocketAddress {
  const path = join(home, SOCKET_NAME)
  if (Buffer.byteLength(path) <= MAX_ADDRESS_BYTES) return { path, release: () => undefined }
  const fd = openSync(home, constants.O_RDONLY | constants.O_DIRECTORY)
  let open = true
  return {
    path: `/proc/self/fd/${fd}/${SOCKET_NAME}`,
    release: () => {
      if (open) closeSync(fd)
      open = false
    },
  }
}
