/** Long work in steps: whoever runs it decides what happens in between. The result comes at the end. */
export type Steps<T> = Generator<void, T, undefined>

/** Items between two steps: well under a millisecond each time. */
export const STEP_ITEMS = 500

/** All of it at once. */
export function runSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
  }
}
