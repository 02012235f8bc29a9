import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { displayPath } from '../../protocol/ids/index.ts'
import { type ErrorCode, ShoalError } from '../../protocol/errors/index.ts'
import type { TomlPath } from './locate.ts'
import { DEFAULT_POLICY } from './defaults.ts'
import { NOT_BUILT_KEYS } from './not-built.ts'
import type { HostConfig } from './types.ts'

export const CONFIG_NAME = 'config.toml'

/** A host has tens of targets, not thousands of lines. */
const MAX_CONFIG_BYTES = 64 * 1024

/**
 * HOME/config.toml with defaults filled in; all defaults when there is none (CFG-4).
 * @throws CONFIG_INVALID, NOT_BUILT_YET with file, line and key
 */
export async function loadConfig(home: string): Promise<HostConfig> {
  const file = join(home, CONFIG_NAME)
  const text = read(file)
  return parseConfig(text ?? '', displayPath(Buffer.from(file).toString('latin1')))
}

/** `file` is only for the messages. As loadConfig. */
export async function parseConfig(text: string, file: string): Promise<HostConfig> {
  // Loaded late: the schema library takes longer to load than most commands to run.
  const [{ parse, TomlError }, { CONFIG_SCHEMA }, { locate }] = await Promise.all([
    import('smol-toml'),
    import('./schema.ts'),
    import('./locate.ts'),
  ])

  const fail = (path: TomlPath, why: string, code: ErrorCode = 'CONFIG_INVALID'): ShoalError =>
    new ShoalError(code, `${file}:${locate(text, path)}: ${keyOf(path)}: ${why}; nothing was changed`)

  let document: unknown
  try {
    document = parse(text)
  } catch (cause) {
    const line = cause instanceof TomlError ? cause.line : 1
    throw new ShoalError('CONFIG_INVALID', `${file}:${line}: ${messageOf(cause).split('\n')[0]}; nothing was changed`, {
      cause,
    })
  }
  for (const path of forbiddenKeys(document))
    throw fail(path, 'this version cannot obey it yet; remove it', 'NOT_BUILT_YET')

  const result = CONFIG_SCHEMA.safeParse(document)
  if (!result.success) {
    const issue = result.error.issues[0]
    const path = (issue?.path ?? []).map((key) => (typeof key === 'symbol' ? String(key) : key))
    if (issue?.code === 'unrecognized_keys') throw fail([...path, issue.keys[0] ?? ''], 'there is no such key')
    const missing = issue?.code === 'invalid_type' && !present(document, path)
    throw fail(path, missing ? 'is missing' : (issue?.message ?? 'is not valid'))
  }

  const { target, statusInterval, ...rest } = result.data
  const seen = { channel: new Set<string>(), root: new Set<string>() }
  for (const [index, { channel, root }] of target.entries()) {
    for (const [key, value] of [
      ['channel', channel],
      ['root', root],
    ] as const) {
      if (seen[key].has(value)) throw fail(['target', index, key], `another target has the same ${key}`)
      seen[key].add(value)
    }
  }
  return {
    ...rest,
    statusIntervalMs: statusInterval,
    targets: target.map(({ grace, ...settings }) => ({ ...settings, graceMs: grace, policy: DEFAULT_POLICY })),
    actions: [],
  }
}

/** Places of keys that are refused by name: at the top and in a target. */
function forbiddenKeys(document: unknown): TomlPath[] {
  if (typeof document !== 'object' || document === null) return []
  const found: TomlPath[] = NOT_BUILT_KEYS.filter((key) => Object.hasOwn(document, key)).map((key) => [key])
  const targets: unknown = Reflect.get(document, 'target')
  if (!Array.isArray(targets)) return found
  for (const [index, target] of targets.entries()) {
    if (typeof target !== 'object' || target === null) continue
    for (const key of NOT_BUILT_KEYS) if (Object.hasOwn(target, key)) found.push(['target', index, key])
  }
  return found
}

function present(document: unknown, path: TomlPath): boolean {
  let value = document
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
    value = Reflect.get(value, key)
  }
  return true
}

/** `target[1].grace`; `(file)` for the document itself. Targets are counted from 1, as people do. */
const keyOf = (path: TomlPath): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key + 1}]` : text === '' ? key : `${text}.${key}`),
    '',
  ) || '(file)'

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
