import type { AccessDocument } from '../../../protocol/control/window.ts'

/** What every part of the page gets: the document, and a way to ask for it anew after a change. */
export interface AccessPart {
  readonly access: AccessDocument
  readonly onChanged: () => void
  readonly nowMs: number
}
