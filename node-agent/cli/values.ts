import { resolve } from 'node:path'
import { Option } from 'commander'
import { parseChannelName, parseHostName, parseSequence } from '../../protocol/ids/index.ts'
import { isShoalError } from '../../protocol/errors/index.ts'
import { parseWaves } from '../../protocol/rollout/index.ts'
import { LIMITS } from '../../protocol/wire/limits.ts'
import { formatDuration, parseDuration } from '../config/index.ts'
import { usage } from './text.ts'

/** Parsers of typed values. Each throws USAGE (or NAME_INVALID), exit 2, before anything else is looked at (CLI-3). */

export const channel = (text: string): string => parseChannelName(text)

export const host = (text: string): string => parseHostName(text)

/** Milliseconds of `10m`. */
export const duration = (text: string): number => {
  const ms = parseDuration(text)
  if (ms === undefined) throw usage(`${JSON.stringify(text)} is not a duration such as 30s, 10m, 24h, 90d`)
  return ms
}

/** As duration, but not nothing. */
export const lifetime = (text: string): number => {
  const ms = duration(text)
  if (ms < 1) throw usage(`${JSON.stringify(text)} is over at once`)
  return ms
}

export const whole =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : -1
    if (value < min || value > max) throw usage(`${JSON.stringify(text)} is not a whole number from ${min} to ${max}`)
    return value
  }

export const sequence = (text: string): number => {
  try {
    if (!/^\d{1,16}$/.test(text)) throw usage('')
    return parseSequence(Number(text))
  } catch (cause) {
    if (isShoalError(cause)) throw usage(`${JSON.stringify(text)} is not a release's sequence, a whole number from 1`)
    throw cause
  }
}

/** `web` or `web@3`. */
export const release = (text: string): { readonly channel: string; readonly sequence: number | null } => {
  const at = text.indexOf('@')
  return at < 0
    ? { channel: channel(text), sequence: null }
    : { channel: channel(text.slice(0, at)), sequence: sequence(text.slice(at + 1)) }
}

/** Number of hosts, or all of them. */
export const hostCount = (text: string): number | 'all' => (text === 'all' ? 'all' : whole(1, 1_000_000)(text))

/** Collects `--label role=web` into an object. */
export const label = (text: string, all: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> => {
  const [, key, value] = /^([a-z0-9][a-z0-9._/-]{0,62})=(.{0,256})$/s.exec(text) ?? []
  if (key === undefined || value === undefined) throw usage(`${JSON.stringify(text)} is not a label such as role=web`)
  if (Object.hasOwn(all, key)) throw usage(`label ${key} is given twice`)
  return { ...all, [key]: value }
}

/** Collects an option that may be repeated. */
export const many = (text: string, all: readonly string[] = []): readonly string[] => [...all, text]

/** Collects `--wave 5%:healthy=95%`. @throws WAVE_INVALID as soon as one does not fit those before it */
export const waves = (text: string, all: readonly string[] = []): readonly string[] => {
  const specs = [...all, text]
  parseWaves(specs)
  return specs
}

/** Number of a wave of a rollout. */
export const wave = (text: string): number => whole(1, LIMITS.wavesPerHead + 1)(text)

export const addresses = (text: string, all: readonly string[] = []): readonly string[] => {
  if (!/^\/[a-z0-9]+(\/|$)/.test(text)) {
    throw usage(`${JSON.stringify(text)} is not a multiaddr such as /ip4/127.0.0.1/tcp/4001`)
  }
  return [...all, text]
}

/** Address and port of `127.0.0.1:9090` or `[::1]:9090`. */
export const endpoint = (text: string): { readonly host: string; readonly port: number } => {
  const [, v6, v4, port] = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+)):(\d{1,5})$/.exec(text) ?? []
  const host = v6 ?? v4
  if (host === undefined || port === undefined || Number(port) > 65_535) {
    throw usage(`${JSON.stringify(text)} is not an address and port such as 127.0.0.1:9090`)
  }
  return { host, port: Number(port) }
}

/** Absolute path of a directory as typed. Arguments arrive as text: one that was not UTF-8 is damaged, and refused rather than guessed (CLI-7). */
export function directory(text: string, cwd: string): string {
  if (text === '' || text.includes('\0')) throw usage('a directory is needed')
  if (text.includes('\u{fffd}') || !text.isWellFormed()) {
    throw usage(`${JSON.stringify(text)} is not UTF-8; give a path that is (a symlink to the directory will do)`)
  }
  return resolve(cwd, text)
}

/** An option whose value is a duration; help shows its default as one. */
export const timeOption = (
  flags: string,
  description: string,
  parse: (text: string) => number,
  defaultMs: number,
): Option => new Option(flags, description).argParser(parse).default(defaultMs, formatDuration(defaultMs))

/** A role of keys. */
export const role = (text: string): 'root' | 'enroller' | 'publisher' => {
  if (text !== 'root' && text !== 'enroller' && text !== 'publisher') {
    throw usage(`${JSON.stringify(text)} is no role; there are root, enroller and publisher`)
  }
  return text
}

export const publicKey = (text: string): string => {
  if (!/^[0-9a-f]{64}$/.test(text)) throw usage(`${JSON.stringify(text)} is no public key of 64 hex digits`)
  return text
}

/** A role of which this home has one key, or a public key. */
export const keyName = (text: string): string => (/^[0-9a-f]{64}$/.test(text) ? text : role(text))

/** Channels of publishers: one, or a prefix followed by `*`. */
export const pattern = (text: string): string => {
  if (!/^(\*|[a-z0-9][a-z0-9._-]{0,62}\*?)$/.test(text)) {
    throw usage(`${JSON.stringify(text)} is no channel, nor a prefix followed by *`)
  }
  return text
}

/** The beginning of a proposal's id, as lists show it. */
export const proposalId = (text: string): string => {
  if (!/^[0-9a-f]{8,64}$/.test(text)) throw usage(`${JSON.stringify(text)} is no proposal; shoal approve lists them`)
  return text
}
