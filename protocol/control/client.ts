import { fromWire, ShoalError } from '../errors/index.ts'
import { applyChange } from './change.ts'
import type { CallOptions, ControlClient } from './contract.ts'
import { parseServerFrame, type ServerFrame, type WireResult } from './frames.ts'
import { CONTROL_LIMITS } from './limits.ts'
import type { Link } from './link.ts'

/** What a pending call is told. */
interface Pending {
  onItem(value: unknown, seq: number): void
  /** An item that is the one before it, changed. */
  onChange(change: unknown, seq: number): void
  onDone(result: WireResult, seq: number): void
  onGone(error: ShoalError): void
}

const cancelled = (): ShoalError => new ShoalError('CANCELLED', 'cancelled')

/**
 * The caller's side of a link. Values are taken as the contract's types without a check: an agent is trusted by whom it serves, and the
 * window must not load a schema library. Frames are checked: a gap in a stream, an unasked item or a malformed frame destroys the link (CTL-7).
 */
export function createControlClient(link: Link): ControlClient {
  const pending = new Map<number, Pending>()
  let lastId = 0
  let gone: ShoalError | undefined

  link.start({
    onFrame: (raw) => {
      try {
        dispatch(parseServerFrame(raw))
      } catch {
        lose(
          new ShoalError('AGENT_UNREACHABLE', 'the agent sent what is not the control protocol; nothing more is known'),
        )
        link.destroy()
      }
    },
    onClose: () => lose(new ShoalError('AGENT_UNREACHABLE', 'the agent went away before it answered; see its log')),
  })

  function lose(error: ShoalError): void {
    gone ??= error
    for (const call of pending.values()) call.onGone(gone)
    pending.clear()
  }

  function dispatch(frame: ServerFrame): void {
    if (frame.id > lastId) throw new ShoalError('WIRE_MALFORMED', 'control frame: unknown call')
    const call = pending.get(frame.id)
    // Cancelled here, and the last frames were already on their way.
    if (call === undefined) return
    if (frame.t === 'item') return call.onItem(frame.value, frame.seq)
    if (frame.t === 'change') return call.onChange(frame.change, frame.seq)
    call.onDone(frame.result, frame.seq)
    pending.delete(frame.id)
  }

  /** Sends the opening frame and registers the call; the returned function cancels it, if it is still open. */
  function open(
    frame: { readonly t: 'call' | 'stream' } & Record<string, unknown>,
    call: Pending,
  ): { id: number; drop(): void } {
    if (gone !== undefined) throw gone
    const id = ++lastId
    link.send({ ...frame, id })
    pending.set(id, call)
    const drop = (): void => {
      if (pending.delete(id)) link.send({ t: 'cancel', id })
    }
    return { id, drop }
  }

  function call(name: string, req: unknown, options?: CallOptions): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const signal = options?.signal
      if (signal?.aborted === true) throw cancelled()
      const settled = (): void => signal?.removeEventListener('abort', onAbort)
      function onAbort(): void {
        settled()
        opened.drop()
        reject(cancelled())
      }
      const noItem = (): never => {
        throw new ShoalError('WIRE_MALFORMED', 'control frame: item of a call')
      }
      const opened = open(
        { t: 'call', name, req },
        {
          onItem: noItem,
          onChange: noItem,
          onDone: (result) => {
            settled()
            if (result.ok) resolve(result.value)
            else reject(fromWire(result.error))
          },
          onGone: (error) => {
            settled()
            reject(error)
          },
        },
      )
      signal?.addEventListener('abort', onAbort)
    })
  }

  async function* stream(
    name: string,
    req: unknown,
    options?: CallOptions,
  ): AsyncGenerator<unknown, unknown, undefined> {
    const signal = options?.signal
    if (signal?.aborted === true) throw cancelled()
    const items: unknown[] = []
    let seen = 0
    let allowed: number = CONTROL_LIMITS.streamCredit
    let end: { readonly value: unknown } | { readonly error: ShoalError } | undefined
    let wake: (() => void) | undefined
    const finish = (value: typeof end): void => {
      end ??= value
      wake?.()
    }
    const expect = (seq: number): void => {
      if (seq !== seen) throw new ShoalError('WIRE_MALFORMED', 'control frame: gap in a stream')
    }
    let last: unknown
    const take = (value: unknown, seq: number): void => {
      expect(seq)
      if (seen === allowed) throw new ShoalError('WIRE_MALFORMED', 'control frame: item without credit')
      seen++
      last = value
      items.push(value)
      wake?.()
    }
    const { id, drop } = open(
      { t: 'stream', name, req, credit: allowed },
      {
        onItem: take,
        onChange: (change, seq) => take(applyChange(last, change), seq),
        onDone: (result, seq) => {
          expect(seq)
          finish(result.ok ? { value: result.value } : { error: fromWire(result.error) })
        },
        onGone: (error) => finish({ error }),
      },
    )
    const onAbort = (): void => {
      items.length = 0
      drop()
      finish({ error: cancelled() })
    }
    signal?.addEventListener('abort', onAbort)
    let taken = 0
    try {
      for (;;) {
        while (items.length === 0 && end === undefined) await new Promise<void>((resolve) => (wake = resolve))
        if (items.length > 0) {
          yield items.shift()
          taken++
          // Half of the window at a time: fewer frames, and the other side never stalls on a reader that keeps up.
          const room = taken + CONTROL_LIMITS.streamCredit - allowed
          if (room >= CONTROL_LIMITS.streamCredit / 2 && pending.has(id)) {
            allowed += room
            link.send({ t: 'credit', id, count: room })
          }
          continue
        }
        if (end === undefined) continue
        if ('error' in end) throw end.error
        return end.value
      }
    } finally {
      signal?.removeEventListener('abort', onAbort)
      drop()
    }
  }

  // The contract ties a name to its shapes; inside they are unknown. This is the one place where the two meet.
  return {
    call: call as ControlClient['call'],
    stream: stream as ControlClient['stream'],
    close: async () => {
      for (const [id, entry] of pending) {
        link.send({ t: 'cancel', id })
        entry.onGone(cancelled())
      }
      pending.clear()
      gone ??= new ShoalError('AGENT_UNREACHABLE', 'the control client was closed')
      link.close()
    },
  }
}
