import { type ReactElement, type ReactNode, useId, useRef, useState } from 'react'
import { useModal } from './use-modal.ts'
import { Icon } from './icon.tsx'

/** A modal question over the page: native, so that focus stays in it, Escape closes it, and the focus goes back to where it was. */
export function Dialog({
  title,
  onClose,
  wide = false,
  children,
  actions,
}: {
  readonly title: string
  readonly onClose: () => void
  readonly wide?: boolean
  readonly children: ReactNode
  readonly actions?: ReactNode
}): ReactElement {
  const ref = useRef<HTMLDialogElement>(null)
  const id = useId()
  useModal(ref)
  return (
    <dialog
      ref={ref}
      className={wide ? 'dialog wide' : 'dialog'}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
    >
      <header>
        <h2 id={id}>{title}</h2>
        <button type="button" className="button plain icon" aria-label="Close" onClick={onClose}>
          <Icon name="close" />
        </button>
      </header>
      <div className="dialog-body">{children}</div>
      {actions !== undefined && <footer>{actions}</footer>}
    </dialog>
  )
}

/** A question with two answers: leave it, or do what the button says. */
export function ActionDialog({
  title,
  action,
  danger = false,
  byEnter = true,
  ready,
  onAction,
  onClose,
  children,
}: {
  readonly title: string
  readonly action: string
  readonly danger?: boolean
  /** Enter in a field answers as the button does. */
  readonly byEnter?: boolean
  readonly ready: boolean
  readonly onAction: () => void
  readonly onClose: () => void
  readonly children: ReactNode
}): ReactElement {
  const id = useId()
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <>
          <button type="button" className="button" onClick={onClose}>
            Cancel
          </button>
          <button
            type={byEnter ? 'submit' : 'button'}
            form={id}
            className={danger ? 'button primary danger' : 'button primary'}
            disabled={!ready}
            onClick={byEnter ? undefined : onAction}
          >
            {action}
          </button>
        </>
      }
    >
      <form
        id={id}
        className="stack"
        onSubmit={(event) => {
          event.preventDefault()
          if (ready && byEnter) onAction()
        }}
      >
        {children}
      </form>
    </Dialog>
  )
}

/**
 * Asks before something that many hosts feel. The button says what happens; `typed` is a name that has to be typed first, for what cannot be
 * taken back by a click.
 */
export function ConfirmDialog({
  title,
  action,
  danger = false,
  typed,
  ready = true,
  busy = false,
  onConfirm,
  onClose,
  children,
}: {
  readonly title: string
  readonly action: string
  readonly danger?: boolean
  readonly typed?: string | undefined
  /** Everything that the action needs is there. */
  readonly ready?: boolean
  readonly busy?: boolean
  readonly onConfirm: () => void
  readonly onClose: () => void
  readonly children: ReactNode
}): ReactElement {
  const [text, setText] = useState('')
  const id = useId()
  return (
    <ActionDialog
      title={title}
      action={busy ? 'Working…' : action}
      danger={danger}
      // What cannot be taken back is not set off by a key that only meant to leave a field.
      byEnter={!danger || typed !== undefined}
      ready={ready && !busy && (typed === undefined || text === typed)}
      onAction={onConfirm}
      onClose={onClose}
    >
      {children}
      {typed !== undefined && (
        <div className="field typed">
          <label htmlFor={id}>
            Type <code>{typed}</code> to go on
          </label>
          <input
            id={id}
            className="input mono"
            value={text}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => setText(event.target.value)}
          />
        </div>
      )}
    </ActionDialog>
  )
}
