import { ERRORS, ShoalError, type WireError } from '../errors/index.ts'
import { CONTROL_LIMITS } from './limits.ts'

/** What a caller sends. `id` counts up from 1 on each link and is never used twice. */
export type CallerFrame =
  | { readonly t: 'call'; readonly id: number; readonly name: string; readonly req: unknown }
  | { readonly t: 'stream'; readonly id: number; readonly name: string; readonly req: unknown; readonly credit: number }
  /** The reader has room for so many more items. */
  | { readonly t: 'credit'; readonly id: number; readonly count: number }
  | { readonly t: 'cancel'; readonly id: number }

/** What the serving side sends. */
export type ServerFrame =
  /** Items of a stream, numbered from 0 without gaps. */
  | { readonly t: 'item'; readonly id: number; readonly seq: number; readonly value: unknown }
  /** An item that is the one before it, changed: of streams of pictures, each of which replaces the one before. */
  | { readonly t: 'change'; readonly id: number; readonly seq: number; readonly change: unknown }
  /** The last frame of a call or stream; `seq` is how many items went before it. */
  | { readonly t: 'done'; readonly id: number; readonly seq: number; readonly result: WireResult }

/** Results are values: nothing throws across a link, so codes survive. */
export type WireResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: { readonly code: string; readonly message: string } }

const malformed = (why: string): ShoalError => new ShoalError('WIRE_MALFORMED', `control frame: ${why}`)

type Fields = Readonly<Record<string, unknown>>

/** A plain object with exactly these own fields. */
function fields(value: unknown, names: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null) throw malformed('not an object')
  const keys = Object.keys(value)
  if (keys.length !== names.length || !names.every((key) => Object.hasOwn(value, key))) throw malformed('wrong fields')
  return Object.fromEntries(Object.entries(value))
}

function count(value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
    throw malformed('number out of range')
  }
  return value
}

function text(value: unknown, max: number): string {
  if (typeof value !== 'string' || value.length > max) throw malformed('text expected')
  return value
}

const idOf = (f: Fields): number => count(f['id'], 1, Number.MAX_SAFE_INTEGER)
const kindOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, 't') && 't' in value ? value.t : undefined

/** @throws WIRE_MALFORMED for anything that is not exactly a caller's frame (CTL-3) */
export function parseCallerFrame(value: unknown): CallerFrame {
  switch (kindOf(value)) {
    case 'call': {
      const f = fields(value, ['t', 'id', 'name', 'req'])
      return { t: 'call', id: idOf(f), name: text(f['name'], 64), req: f['req'] }
    }
    case 'stream': {
      const f = fields(value, ['t', 'id', 'name', 'req', 'credit'])
      const credit = count(f['credit'], 1, CONTROL_LIMITS.maxStreamCredit)
      return { t: 'stream', id: idOf(f), name: text(f['name'], 64), req: f['req'], credit }
    }
    case 'credit': {
      const f = fields(value, ['t', 'id', 'count'])
      return { t: 'credit', id: idOf(f), count: count(f['count'], 1, CONTROL_LIMITS.maxStreamCredit) }
    }
    case 'cancel':
      return { t: 'cancel', id: idOf(fields(value, ['t', 'id'])) }
    default:
      throw malformed('unknown kind')
  }
}

/** @throws WIRE_MALFORMED for anything that is not exactly a server's frame (CTL-3) */
export function parseServerFrame(value: unknown): ServerFrame {
  switch (kindOf(value)) {
    case 'item': {
      const f = fields(value, ['t', 'id', 'seq', 'value'])
      return { t: 'item', id: idOf(f), seq: count(f['seq'], 0, Number.MAX_SAFE_INTEGER), value: f['value'] }
    }
    case 'change': {
      const f = fields(value, ['t', 'id', 'seq', 'change'])
      return { t: 'change', id: idOf(f), seq: count(f['seq'], 1, Number.MAX_SAFE_INTEGER), change: f['change'] }
    }
    case 'done': {
      const f = fields(value, ['t', 'id', 'seq', 'result'])
      const seq = count(f['seq'], 0, Number.MAX_SAFE_INTEGER)
      return { t: 'done', id: idOf(f), seq, result: parseResult(f['result']) }
    }
    default:
      throw malformed('unknown kind')
  }
}

function parseResult(value: unknown): WireResult {
  if (typeof value === 'object' && value !== null && 'ok' in value && value.ok === true) {
    return { ok: true, value: fields(value, ['ok', 'value'])['value'] }
  }
  const f = fields(value, ['ok', 'error'])
  if (f['ok'] !== false) throw malformed('neither value nor error')
  const error = fields(f['error'], ['code', 'message'])
  return {
    ok: false,
    error: { code: text(error['code'], 64), message: text(error['message'], CONTROL_LIMITS.errorText) },
  }
}

/** An error as it crosses a link, cut to the limit. */
export function toResult(error: WireError): WireResult {
  const code = Object.hasOwn(ERRORS, error.code) ? error.code : 'INTERNAL'
  return { ok: false, error: { code, message: error.message.slice(0, CONTROL_LIMITS.errorText) } }
}
