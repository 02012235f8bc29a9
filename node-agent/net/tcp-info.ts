import type { Socket } from 'node:net'
import { int32, setOption, socketCalls } from './socket-calls.ts'

/** Linux, on every architecture that Node.js runs on here. */
const [SOL_SOCKET, SO_MAX_PACING_RATE] = [1, 47]
const [IPPROTO_TCP, TCP_INFO, TCP_NOTSENT_LOWAT] = [6, 11, 25]
/** Of `struct tcp_info`, which only ever grows at its end: places of fields in 32-bit words, and as many words as Linux 4.18 fills in. */
const AT = { segmentBytes: 4, rttUs: 17, notSentBytes: 36, minRttUs: 37, delivered: 48 } as const
const INFO_WORDS = 49
/** No limit, for both options that are set. */
const UNLIMITED = 0xffff_ffff

/** The state of a TCP connection. */
export interface TcpInfo {
  readonly segmentBytes: number
  readonly rttMs: number
  readonly minRttMs: number
  /** Given to the kernel and not sent yet. */
  readonly notSentBytes: number
  /** Segments that arrived at the other end, modulo 2^32. */
  readonly delivered: number
}

/** What is asked and set of a TCP connection. */
export interface TcpKernel {
  /** @returns undefined where the kernel does not tell, or for a socket that is closed */
  tcpInfo(socket: Socket): TcpInfo | undefined
  /** Limits what leaves to so many bytes a second; undefined for no limit. @returns whether the kernel does it */
  limitRate(socket: Socket, rate: number | undefined): boolean
  limitUnsent(socket: Socket, bytes: number | undefined): boolean
}

/** The descriptor of an open socket. */
function descriptor(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle')
  const fd: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined
  return typeof fd === 'number' && fd >= 0 && !socket.destroyed ? fd : undefined
}

function tcpInfo(socket: Socket): TcpInfo | undefined {
  const fd = descriptor(socket)
  if (fd === undefined) return undefined
  const [words, size] = [new Uint32Array(INFO_WORDS), Uint32Array.of(INFO_WORDS * 4)]
  const told = socketCalls().getsockopt(fd, IPPROTO_TCP, TCP_INFO, new Uint8Array(words.buffer), size)
  if (told !== 0 || (size[0] ?? 0) < words.byteLength) return undefined
  const at = (word: number): number => words[word] ?? 0
  return {
    segmentBytes: at(AT.segmentBytes),
    rttMs: at(AT.rttUs) / 1000,
    minRttMs: at(AT.minRttUs) / 1000,
    notSentBytes: at(AT.notSentBytes),
    delivered: at(AT.delivered),
  }
}

function limitRate(socket: Socket, rate: number | undefined): boolean {
  const fd = descriptor(socket)
  const value = rate === undefined ? UNLIMITED : Math.min(UNLIMITED - 1, Math.round(rate))
  return fd !== undefined && setOption(fd, SOL_SOCKET, SO_MAX_PACING_RATE, int32(value))
}

/** Limits what the kernel takes beyond what it can send; undefined for as much as there is room. @returns whether the kernel does it */
function limitUnsent(socket: Socket, bytes: number | undefined): boolean {
  const fd = descriptor(socket)
  return fd !== undefined && setOption(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, int32(bytes ?? UNLIMITED))
}

export const systemTcp: TcpKernel = { tcpInfo, limitRate, limitUnsent }
