import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { z } from 'zod'
import { displayPath } from '../../protocol/ids/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import type { CONFIG_SCHEMA } from './schema.ts'
import { parseToml, type TomlFault } from './toml.ts'
import type { HostConfig } from './types.ts'

export const CONFIG_NAME = 'config.toml'

/** A host has tens of targets, not thousands of lines. */
const MAX_CONFIG_BYTES = 64 * 1024

/**
 * HOME/config.toml with defaults filled in; all defaults when there is none (CFG-4).
 * @throws CONFIG_INVALID with file, line and key
 */
export async function loadConfig(home: string): Promise<HostConfig> {
  const file = join(home, CONFIG_NAME)
  const text = read(file)
  return parseConfig(text ?? '', displayPath(Buffer.from(file).toString('latin1')))
}

/** `file` is only for the messages. As loadConfig. */
export async function parseConfig(text: string, file: string): Promise<HostConfig> {
  const { action, target, statusInterval, store, web, ...rest } = await parseToml(text, {
    file,
    code: 'CONFIG_INVALID',
    untouched: 'nothing was changed',
    schema: async () => (await import('./schema.ts')).CONFIG_SCHEMA,
    check: (config) => duplicate(config) ?? unknownAction(config) ?? needlessLimits(config),
  })
  return {
    ...rest,
    statusIntervalMs: statusInterval,
    keepReleases: store.keep,
    webRoots: web.roots,
    targets: target.map(({ channel, root, strategy, grace, keep, retained, networkGrace, ...policy }) => ({
      ...{ channel, root, strategy, keep, graceMs: grace },
      policy: { ...policy, networkGraceMs: networkGrace, retainedBytes: retained },
    })),
    actions: action,
  }
}

/** What the schema makes of config.toml. */
type Parsed = z.output<typeof CONFIG_SCHEMA>

function duplicate({ target, action }: Parsed): TomlFault | undefined {
  const lists = [
    ['target', 'channel', target.map((t) => t.channel)],
    ['target', 'root', target.map((t) => t.root)],
    ['action', 'name', action.map((a) => a.name)],
  ] as const
  for (const [table, key, values] of lists) {
    const index = values.findIndex((value, i) => values.indexOf(value as never) < i)
    if (index >= 0) return { path: [table, index, key], why: `another ${table} has the same ${key}` }
  }
  return undefined
}

function unknownAction({ target, action }: Parsed): TomlFault | undefined {
  const known = new Set(action.map((a) => a.name))
  for (const [index, settings] of target.entries()) {
    for (const key of ['beforeCommit', 'afterCommit', 'health', 'accept'] as const) {
      const name = settings[key].find((wanted) => !known.has(wanted))
      if (name !== undefined) return { path: ['target', index, key], why: `there is no [[action]] named ${name}` }
    }
  }
  return undefined
}

/** Limits that can never apply are a mistake in `metered`, and would be missed only on the bill. */
function needlessLimits({ metered, limits }: Parsed): TomlFault | undefined {
  const set = (name: keyof typeof limits): boolean =>
    Object.values(limits[name]).some((value) => (Array.isArray(value) ? value.length > 0 : value !== undefined))
  if (!metered && set('metered')) return { path: ['limits', 'metered'], why: 'needs metered = true' }
  if (!metered) return undefined
  const unused = (['otherSite', 'relayed'] as const).find(set)
  return unused === undefined
    ? undefined
    : { path: ['limits', unused], why: 'with metered = true, other sites are limited by limits.metered' }
}

/** The file's text; undefined when there is none. A FIFO or device would block for ever and is refused. */
function read(file: string): string | undefined {
  const shown = displayPath(Buffer.from(file).toString('latin1'))
  let fd: number
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined
    throw new ShoalError('CONFIG_INVALID', `${shown}:1: cannot be read: ${messageOf(cause)}`, { cause })
  }
  try {
    const stat = fstatSync(fd)
    if (!stat.isFile()) throw new ShoalError('CONFIG_INVALID', `${shown}:1: is not a regular file`)
    if (stat.size > MAX_CONFIG_BYTES) {
      throw new ShoalError('CONFIG_INVALID', `${shown}:1: is larger than ${MAX_CONFIG_BYTES} bytes`)
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(fd))
  } catch (cause) {
    if (cause instanceof ShoalError) throw cause
    throw new ShoalError('CONFIG_INVALID', `${shown}:1: cannot be read as UTF-8: ${messageOf(cause)}`, { cause })
  } finally {
    closeSync(fd)
  }
}

const messageOf = (err: unknown): string => (err instanceof Error ? err.message : String(err))
