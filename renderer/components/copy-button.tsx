import type { ReactElement } from 'react'
import { useToast } from '../state/hooks.ts'
import { Icon } from './icon.tsx'

/** Puts a text on the clipboard, and says so. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }): ReactElement {
  const toast = useToast()
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      toast({ tone: 'plain', text: `Copied ${what}` })
    } catch {
      toast({ tone: 'bad', text: `The browser does not let ${what} be copied: select it and copy by hand` })
    }
  }
  return (
    <button type="button" className="button small" onClick={() => void copy()}>
      <Icon name="copy" size={13} />
      Copy {what}
    </button>
  )
}
