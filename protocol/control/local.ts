import { ShoalError } from '../errors/index.ts'
import type { Caller, CallOptions, ControlClient, ControlHandlers, MethodName, StreamName } from './contract.ts'
import { toControlError } from './failure.ts'
import type { RequestParser } from './schemas.ts'

export interface LocalDeps {
  readonly handlers: ControlHandlers
  readonly parse: RequestParser
  /** Told of errors that are not ShoalErrors, which the caller sees only as INTERNAL. */
  readonly onUnexpected: (name: string, error: unknown) => void
}

/** Aborts with CANCELLED when any of the signals aborts. */
function cancelOn(signals: readonly (AbortSignal | undefined)[]): AbortController {
  const abort = new AbortController()
  const given = signals.filter((signal) => signal !== undefined)
  const cancel = (): void => abort.abort(new ShoalError('CANCELLED', 'cancelled'))
  const any = AbortSignal.any(given)
  if (any.aborted) cancel()
  else any.addEventListener('abort', cancel, { once: true })
  return abort
}

/**
 * The same client without a link, for a home that was opened in this process. Requests pass the same schemas and errors the same table (CTL-8).
 * close() cancels what runs and waits until it has unwound, so that the home may be closed after it.
 */
export function createLocalClient(deps: LocalDeps): ControlClient {
  const ending = new AbortController()
  const caller: Caller = { gone: ending.signal }
  const running = new Set<Promise<unknown>>()
  const open = new Set<AsyncGenerator<unknown, unknown, undefined>>()

  async function call(name: MethodName, req: unknown, options?: CallOptions): Promise<unknown> {
    const { signal } = cancelOn([options?.signal, ending.signal])
    try {
      signal.throwIfAborted()
      // Parsed for this very name; TypeScript cannot tie the two across a union.
      const task: Promise<unknown> = deps.handlers[name](deps.parse(name, req) as never, signal, caller)
      running.add(task)
      try {
        return await task
      } finally {
        running.delete(task)
      }
    } catch (err) {
      throw toControlError(err, signal, (odd) => deps.onUnexpected(name, odd))
    }
  }

  async function* stream(
    name: StreamName,
    req: unknown,
    options?: CallOptions,
  ): AsyncGenerator<unknown, unknown, undefined> {
    const abort = cancelOn([options?.signal, ending.signal])
    const { signal } = abort
    let items: AsyncGenerator<unknown, unknown, undefined> | undefined
    try {
      signal.throwIfAborted()
      // As above.
      items = deps.handlers[name](deps.parse(name, req) as never, signal, caller)
      open.add(items)
      for (;;) {
        const step = await items.next()
        if (step.done === true) return step.value
        signal.throwIfAborted()
        yield step.value
      }
    } catch (err) {
      throw toControlError(err, signal, (odd) => deps.onUnexpected(name, odd))
    } finally {
      abort.abort()
      if (items !== undefined) {
        await items.return(undefined)
        open.delete(items)
      }
    }
  }

  // The contract ties a name to its shapes; inside they are unknown. This is the one place where the two meet.
  return {
    call: call as ControlClient['call'],
    stream: stream as ControlClient['stream'],
    close: async () => {
      ending.abort()
      // Streams are ended from here: their readers may have stopped reading long ago.
      await Promise.allSettled([...running, ...[...open].map((items) => items.return(undefined))])
    },
  }
}
