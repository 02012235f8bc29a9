import { type ReactElement, useEffect } from 'react'
import { useShared, useStore } from '../state/hooks.ts'
import { showText } from '../state/text.ts'
import type { Toast } from '../state/toasts.ts'
import { Icon } from './icon.tsx'

/** How long a message stays; a bad one stays until it is closed. */
const SHOWN_MS = 6_000

/** Messages in a live region: it is always there, so that screen readers hear what is put into it. */
export function Toaster(): ReactElement {
  const { toasts, tellToasts } = useShared()
  return (
    <div className="toasts" role="status" aria-live="polite" aria-label="Messages">
      {useStore(toasts).map((toast) => (
        <ToastRow key={toast.id} toast={toast} onClose={() => tellToasts({ type: 'remove', id: toast.id })} />
      ))}
    </div>
  )
}

function ToastRow({ toast, onClose }: { readonly toast: Toast; readonly onClose: () => void }): ReactElement {
  useEffect(() => {
    if (toast.tone === 'bad') return undefined
    const timer = setTimeout(onClose, SHOWN_MS)
    return () => clearTimeout(timer)
  }, [toast.id])
  return (
    <div className={`toast ${toast.tone}`}>
      <p className="grow break">
        {showText(toast.text, { max: 400 })}{' '}
        {toast.href !== undefined && (
          <a href={toast.href} onClick={onClose}>
            {toast.link ?? 'Show'}
          </a>
        )}
      </p>
      <button type="button" className="button plain icon" aria-label="Close message" onClick={onClose}>
        <Icon name="close" size={13} />
      </button>
    </div>
  )
}
