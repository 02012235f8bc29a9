import { type ErrorCode, ShoalError } from '../../protocol/errors/index.ts'
import type { TomlPath } from './locate.ts'

/** What is wrong with a value of a TOML file: where, and in words. */
export interface TomlFault {
  readonly path: TomlPath
  readonly why: string
  readonly code?: ErrorCode
}

/** A schema's verdict, as zod gives it. */
interface Verdict<T> {
  readonly success: boolean
  readonly data?: T
  readonly error?: {
    readonly issues: readonly {
      readonly code: string
      readonly path: readonly PropertyKey[]
      readonly message: string
    }[]
  }
}

export interface TomlFile<T> {
  /** The file's name, only for the messages. */
  readonly file: string
  readonly code: ErrorCode
  /** Said at the end of every message: what is untouched. */
  readonly untouched: string
  readonly schema: () => Promise<{ safeParse(value: unknown): Verdict<T> }>
  /** Looks at what the schema let pass. */
  readonly check?: (value: T) => TomlFault | undefined
}

/** Reads a TOML text by a schema. @throws `code`, its message naming file, line and key, and what is wrong */
export async function parseToml<T>(text: string, source: TomlFile<T>): Promise<T> {
  // Loaded late: the schema library takes longer to load than most commands to run.
  const [{ parse, TomlError }, schema, { locate }] = await Promise.all([
    import('smol-toml'),
    source.schema(),
    import('./locate.ts'),
  ])
  const fail = ({ path, why, code = source.code }: TomlFault): ShoalError =>
    new ShoalError(code, `${source.file}:${locate(text, path)}: ${keyOf(path)}: ${why}; ${source.untouched}`)
  let document: unknown
  try {
    document = parse(text)
  } catch (cause) {
    const line = cause instanceof TomlError ? cause.line : 1
    const why = (cause instanceof Error ? cause.message : String(cause)).split('\n')[0]
    throw new ShoalError(source.code, `${source.file}:${line}: ${why}; ${source.untouched}`, { cause })
  }
  const { data, error } = schema.safeParse(document)
  if (data === undefined) throw fail(faultOf(document, error?.issues[0]))
  const late = source.check?.(data)
  if (late !== undefined) throw fail(late)
  return data
}

interface Issue {
  readonly code: string
  readonly path: readonly PropertyKey[]
  readonly message: string
  readonly keys?: readonly string[]
}

function faultOf(document: unknown, issue: Issue | undefined): TomlFault {
  const path = (issue?.path ?? []).map((key) => (typeof key === 'symbol' ? String(key) : key))
  if (issue?.code === 'unrecognized_keys')
    return { path: [...path, issue.keys?.[0] ?? ''], why: 'there is no such key' }
  const missing = issue?.code === 'invalid_type' && !present(document, path)
  return { path, why: missing ? 'is missing' : (issue?.message ?? 'is not valid') }
}

function present(document: unknown, path: TomlPath): boolean {
  let value = document
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return false
    value = Reflect.get(value, key)
  }
  return true
}

/** `target[1].grace`; `(file)` for the document itself. Tables of an array are counted from 1, as people do. */
const keyOf = (path: TomlPath): string =>
  path.reduce<string>(
    (text, key) => (typeof key === 'number' ? `${text}[${key + 1}]` : text === '' ? key : `${text}.${key}`),
    '',
  ) || '(file)'
