/** Every key of the console, in one table: it drives the keys themselves and the sheet that explains them. */
export const SHORTCUTS = [
  { keys: 'Mod+k', command: 'palette', text: 'Search or run anything' },
  { keys: 'g o', command: 'go:overview', text: 'Overview' },
  { keys: 'g r', command: 'go:rollout', text: 'Rollouts' },
  { keys: 'g h', command: 'go:hosts', text: 'Hosts' },
  { keys: 'g l', command: 'go:releases', text: 'Releases' },
  { keys: 'p', command: 'go:publish', text: 'Publish a release' },
  { keys: 'g p', command: 'go:publish', text: 'Publish a release' },
  { keys: 'g n', command: 'go:network', text: 'Network' },
  { keys: 'g a', command: 'go:alerts', text: 'Alerts' },
  { keys: 'g t', command: 'go:activity', text: 'Activity' },
  { keys: 'g k', command: 'go:access', text: 'Keys & access' },
  { keys: ',', command: 'go:settings', text: 'Settings' },
  { keys: '/', command: 'filter', text: 'Filter this page' },
  { keys: 'j', command: 'next', text: 'Next row' },
  { keys: 'k', command: 'previous', text: 'Previous row' },
  { keys: 'x', command: 'select', text: 'Select the row' },
  { keys: 'Enter', command: 'open', text: 'Open the row' },
  { keys: 'Escape', command: 'back', text: 'Close, or go back' },
  { keys: 'd', command: 'layout', text: 'Changes as tree or as list' },
  { keys: '[', command: 'change-previous', text: 'Previous change' },
  { keys: ']', command: 'change-next', text: 'Next change' },
  { keys: 't', command: 'theme', text: 'Next theme' },
  { keys: '?', command: 'help', text: 'This sheet' },
] as const satisfies readonly { readonly keys: string; readonly command: string; readonly text: string }[]

export type Command = (typeof SHORTCUTS)[number]['command']

/** A key as it was pressed. */
export interface KeyPress {
  readonly key: string
  /** Control or Command. */
  readonly mod: boolean
  readonly alt: boolean
  /** The focus is where letters are typed. */
  readonly typing: boolean
}

/** How long the second key of a pair is waited for. */
export const PAIR_MS = 1_500

export interface KeyState {
  /** First key of a pair, and when it was pressed. */
  readonly first: string | undefined
  readonly atMs: number
}

export const NO_KEYS: KeyState = { first: undefined, atMs: 0 }

/** Pure: the state after a key, and the command that it completes. Letters do nothing while something is typed, or when they are off. */
export function pressKey(
  state: KeyState,
  press: KeyPress,
  nowMs: number,
  letters: boolean,
): { readonly state: KeyState; readonly command: Command | undefined } {
  if (press.mod) return { state: NO_KEYS, command: find(`Mod+${press.key.toLowerCase()}`) }
  const named = press.key.length > 1
  if (press.alt || (press.typing && press.key !== 'Escape') || (!letters && !named))
    return { state: NO_KEYS, command: undefined }
  const pair =
    state.first !== undefined && nowMs - state.atMs <= PAIR_MS ? find(`${state.first} ${press.key}`) : undefined
  if (pair !== undefined) return { state: NO_KEYS, command: pair }
  if (SHORTCUTS.some(({ keys }) => keys.startsWith(`${press.key} `)))
    return { state: { first: press.key, atMs: nowMs }, command: undefined }
  return { state: NO_KEYS, command: find(press.key) }
}

const find = (keys: string): Command | undefined => SHORTCUTS.find((shortcut) => shortcut.keys === keys)?.command
