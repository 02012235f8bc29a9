/** A value that changes, and who wants to know: what React's useSyncExternalStore needs. */
export interface Store<T> {
  get(): T
  /** Told after each change; the answer stops that. */
  subscribe(listener: () => void): () => void
}

export interface MutableStore<T> extends Store<T> {
  set(value: T): void
}

export function createStore<T>(initial: T): MutableStore<T> {
  const listeners = new Set<() => void>()
  let value = initial
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(next, value)) return
      value = next
      for (const listener of listeners) listener()
    },
    subscribe: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
