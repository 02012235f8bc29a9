import { type RefObject, useLayoutEffect } from 'react'

/** What has the focus at first: what is filled in, or else the way out. */
const FIRST = [
  'input:checked, input:not([type=radio]):not(:disabled), textarea, select',
  '.dialog-body [tabindex="0"]',
  'footer button',
]

/** Opens a dialog over the page for as long as it is there. */
export function useModal(ref: RefObject<HTMLDialogElement | null>): void {
  // Before the element is taken out of the page: only a dialog that is closed gives the focus back to what had it before.
  useLayoutEffect(() => {
    const dialog = ref.current
    if (dialog === null) return undefined
    dialog.showModal()
    const first = FIRST.map((selector) => dialog.querySelector<HTMLElement>(selector)).find((one) => one !== null)
    first?.focus()
    return () => {
      dialog.close()
      // What opened it may be gone with it: then the page has the focus, and not nothing.
      requestAnimationFrame(() => {
        if (document.activeElement === document.body) document.getElementById('content')?.focus({ preventScroll: true })
      })
    }
  }, [ref])
}
