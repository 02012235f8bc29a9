import type { Component } from './types.ts'

/**
 * Starts in order. On failure, stops what had begun (the failed one included), in reverse, and rejects with the reason. Disposing the result
 * stops in reverse; every stop() is tried, and failures are combined, never dropped.
 */
export async function startAll(components: readonly Component[]): Promise<AsyncDisposable> {
  await using unwind = new AsyncDisposableStack()
  for (const component of components) {
    unwind.defer(() => component.stop())
    await component.start()
  }
  return unwind.move()
}
