import type { RecordOf, ShoalRecord } from '../../protocol/index.ts'
import type { RecordBook } from '../../node-agent/store/index.ts'

/** The real book of a home, into which simulated hosts speak. */
export interface SaidBook {
  /** The very same book; whoever listens here hears simulated hosts, too. */
  readonly book: RecordBook
  /** Takes a host's word as true: signed it is, but ten thousand words a second are not judged one by one. */
  say(status: RecordOf<'status'>): void
}

export function saidBook(real: RecordBook): SaidBook {
  const listeners = new Set<(record: ShoalRecord) => void>()
  const onNew = (listener: (record: ShoalRecord) => void): (() => void) => {
    const off = real.onNew(listener)
    listeners.add(listener)
    return () => {
      off()
      listeners.delete(listener)
    }
  }
  const book = new Proxy(real, {
    get: (target, name) => {
      if (name === 'onNew') return onNew
      const value: unknown = Reflect.get(target, name, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return {
    book,
    say: (status) => {
      real.trust.change(status).apply()
      for (const listener of listeners) listener(status)
    },
  }
}
