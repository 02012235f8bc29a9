import type { StatusDocument } from '../../protocol/status/index.ts'

/** What the window knows, and how it stands with the agent that told it. */
export interface ConsoleState {
  readonly link: 'connecting' | 'live' | 'lost'
  /** The newest document; kept, and greyed, when the link is lost. */
  readonly status: StatusDocument | undefined
  /** Why the agent refused, in its words. */
  readonly error: { readonly code: string; readonly message: string } | undefined
}

export type ConsoleEvent =
  | { readonly type: 'status'; readonly status: StatusDocument }
  | { readonly type: 'refused'; readonly code: string; readonly message: string }
  | { readonly type: 'lost' }
  | { readonly type: 'connecting' }

export const INITIAL: ConsoleState = { link: 'connecting', status: undefined, error: undefined }

/** Pure: the next state. What was shown stays until something newer is known. */
export function reduce(state: ConsoleState, event: ConsoleEvent): ConsoleState {
  switch (event.type) {
    case 'status':
      return { link: 'live', status: event.status, error: undefined }
    case 'refused':
      return { ...state, link: 'live', error: { code: event.code, message: event.message } }
    case 'lost':
      return { ...state, link: 'lost' }
    case 'connecting':
      return { ...state, link: state.status === undefined ? 'connecting' : 'lost' }
  }
}
