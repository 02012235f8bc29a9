/** A short message about what just happened; a live region says it too. */
export interface Toast {
  readonly id: number
  readonly tone: 'good' | 'bad' | 'plain'
  readonly text: string
  /** A page with more. */
  readonly href?: string
  readonly link?: string
}

/** Messages shown at once; older ones make room. */
const TOASTS_MAX = 4

export type ToastEvent =
  | { readonly type: 'add'; readonly toast: Toast }
  | { readonly type: 'remove'; readonly id: number }

/** Pure: a message that says the same as one that is shown replaces it. */
export function reduceToasts(toasts: readonly Toast[], event: ToastEvent): readonly Toast[] {
  if (event.type === 'remove') return toasts.filter((toast) => toast.id !== event.id)
  return [...toasts.filter((toast) => toast.text !== event.toast.text), event.toast].slice(-TOASTS_MAX)
}
