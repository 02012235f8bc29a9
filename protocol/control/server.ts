import { ShoalError, toWire } from '../errors/index.ts'
import { changeBetween } from './change.ts'
import type { Caller, ControlHandlers, MethodName, StreamName } from './contract.ts'
import { toControlError } from './failure.ts'
import { type CallerFrame, parseCallerFrame, toResult, type WireResult } from './frames.ts'
import { CONTROL_LIMITS } from './limits.ts'
import type { Link } from './link.ts'
import type { RequestParser } from './schemas.ts'
import { ACCESS_METHODS } from './access-methods.ts'
import { ROLLOUT_METHODS } from './rollouts.ts'
import { VIEW_METHODS, VIEW_STREAMS } from './views/contract.ts'

/** Kind of every entry of the contract; also the list of names that may be called. */
const METHODS = {
  ...VIEW_METHODS,
  ...ACCESS_METHODS,
  ...ROLLOUT_METHODS,
  meshCreate: true,
  meshInvite: true,
  join: true,
  targetAdd: true,
  targetList: true,
  targetRemove: true,
  targetRetry: true,
  targetConsent: true,
  rollback: true,
  releases: true,
  hosts: true,
  status: true,
} as const satisfies Record<MethodName, true>
const STREAMS = {
  ...VIEW_STREAMS,
  publish: true,
  show: true,
  watchStatus: true,
  verify: true,
  diff: true,
  bundleExport: true,
  bundleImport: true,
} as const satisfies Record<StreamName, true>

const isMethod = (name: string): name is MethodName => Object.hasOwn(METHODS, name)
/** Each item of these replaces the one before. */
const isOfPictures = (name: StreamName): boolean => name.startsWith('watch')
const isStream = (name: string): name is StreamName => Object.hasOwn(STREAMS, name)

export interface ServeDeps {
  readonly handlers: ControlHandlers
  readonly parse: RequestParser
  /** Who calls, where that is the same over several links one after another; else each link is a caller of its own. */
  readonly caller?: Caller
  /** Told of errors that are not ShoalErrors, which the caller sees only as INTERNAL. */
  readonly onUnexpected: (name: string, error: unknown) => void
}

/** One link being served. */
export interface ServedLink {
  /** Who calls over it. */
  readonly caller: Caller
  /** Cancels every open call, waits until their handlers have unwound, then closes the link. */
  close(): Promise<void>
  /** Resolves when the link is gone and every handler has unwound. */
  readonly closed: Promise<void>
}

interface OpenCall {
  readonly abort: AbortController
  credit: number
  /** Wakes a stream that waits for credit or for its end. */
  wake: (() => void) | undefined
}

/**
 * Serves the contract to one caller. A frame that breaks the rules destroys the link; closing it, from either side, cancels its calls (CTL-5).
 * A stream never sends an item for which its reader gave no credit (CTL-6).
 */
export function serveLink(deps: ServeDeps, link: Link): ServedLink {
  const calls = new Map<number, OpenCall>()
  const running = new Set<Promise<void>>()
  let lastId = 0
  let stopping = false
  const gone = Promise.withResolvers<void>()
  const ended = new AbortController()
  const caller = deps.caller ?? { gone: ended.signal }

  const cancel = (call: OpenCall): void => {
    call.abort.abort(new ShoalError('CANCELLED', 'cancelled'))
    call.wake?.()
  }

  const finish = (id: number, seq: number, result: WireResult): void => {
    if (!calls.delete(id)) return
    try {
      link.send({ t: 'done', id, seq, result })
    } catch (err) {
      link.send({ t: 'done', id, seq, result: toResult(toWire(err)) })
    }
  }

  const run = async (frame: Extract<CallerFrame, { t: 'call' | 'stream' }>, call: OpenCall): Promise<void> => {
    const sent = { count: 0 }
    let result: WireResult
    try {
      const value = await (frame.t === 'call'
        ? callMethod(deps, frame, call, caller)
        : pump({ deps, link, caller }, frame, call, sent))
      result = { ok: true, value }
    } catch (err) {
      const error = toControlError(err, call.abort.signal, (odd) => deps.onUnexpected(frame.name, odd))
      // The caller did not cancel: to it the agent is going away.
      result = toResult(toWire(stopping && error.code === 'CANCELLED' ? agentStops() : error))
    }
    finish(frame.id, sent.count, result)
  }

  const onFrame = (frame: CallerFrame): void => {
    if (frame.t === 'cancel' || frame.t === 'credit') {
      // A call that has just ended may still be credited or cancelled.
      if (frame.id > lastId) throw new ShoalError('WIRE_MALFORMED', 'control frame: unknown call')
      const call = calls.get(frame.id)
      if (call === undefined) return
      if (frame.t === 'cancel') return cancel(call)
      call.credit += frame.count
      if (call.credit > CONTROL_LIMITS.maxStreamCredit) throw new ShoalError('WIRE_MALFORMED', 'control frame: credit')
      return call.wake?.()
    }
    if (frame.id <= lastId) throw new ShoalError('WIRE_MALFORMED', 'control frame: id used twice')
    if (calls.size >= CONTROL_LIMITS.openCalls) throw new ShoalError('WIRE_TOO_LARGE', 'too many open calls')
    lastId = frame.id
    const call = { abort: new AbortController(), credit: frame.t === 'stream' ? frame.credit : 0, wake: undefined }
    calls.set(frame.id, call)
    const task = run(frame, call).finally(() => running.delete(task))
    running.add(task)
  }

  link.start({
    onFrame: (raw) => {
      try {
        onFrame(parseCallerFrame(raw))
      } catch {
        link.destroy()
      }
    },
    onClose: () => {
      for (const call of calls.values()) cancel(call)
      calls.clear()
      ended.abort()
      gone.resolve(Promise.allSettled(running).then(() => undefined))
    },
  })

  return {
    caller,
    closed: gone.promise,
    close: async () => {
      stopping = true
      for (const call of calls.values()) cancel(call)
      await Promise.allSettled(running)
      link.close()
      await gone.promise
    },
  }
}

/** The first picture whole, and of every further one what has changed (CTL-15). */
function createPictureFrames() {
  let before: unknown
  return (value: unknown) => {
    const change = before === undefined ? undefined : changeBetween(before, value)
    before = value
    return change === undefined ? { t: 'item', value } : { t: 'change', change }
  }
}

interface CallFrame {
  readonly name: string
  readonly req: unknown
}

const agentStops = (): ShoalError =>
  new ShoalError('AGENT_UNREACHABLE', 'the agent is stopping; what was not finished is untouched')

const unknownName = (name: string): ShoalError =>
  new ShoalError('BAD_REQUEST', `this agent has no ${JSON.stringify(name)}; are agent and caller of the same version?`)

async function callMethod(deps: ServeDeps, frame: CallFrame, call: OpenCall, caller: Caller): Promise<unknown> {
  const { name } = frame
  if (!isMethod(name)) throw unknownName(name)
  const req = deps.parse(name, frame.req)
  // The parser's result belongs to this very name; TypeScript cannot tie the two across a union.
  return deps.handlers[name](req as never, call.abort.signal, caller)
}

async function pump(
  { deps, link, caller }: { readonly deps: ServeDeps; readonly link: Link; readonly caller: Caller },
  frame: CallFrame & { readonly id: number },
  call: OpenCall,
  sent: { count: number },
): Promise<unknown> {
  const { id, name } = frame
  if (!isStream(name)) throw unknownName(name)
  const next = isOfPictures(name) ? createPictureFrames() : (value: unknown) => ({ t: 'item', value })
  const { signal } = call.abort
  const items: AsyncGenerator<unknown, unknown, undefined> = deps.handlers[name](
    // As above: parsed for this name.
    deps.parse(name, frame.req) as never,
    signal,
    caller,
  )
  try {
    for (;;) {
      const step = await items.next()
      if (step.done === true) return step.value
      while (call.credit === 0 && !signal.aborted) await new Promise<void>((resolve) => (call.wake = resolve))
      signal.throwIfAborted()
      link.send({ ...next(step.value), id, seq: sent.count })
      sent.count++
      call.credit--
    }
  } finally {
    // After a failure or cancellation between two items; does nothing to a generator that has ended.
    await items.return(undefined)
  }
}
