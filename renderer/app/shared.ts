import type { DesktopApi } from '../../protocol/console/index.ts'
import type { ControlClient } from '../../protocol/control/window.ts'
import { watchAgentProcess } from '../state/agent.ts'
import { createCommandBoard } from '../state/command-board.ts'
import type { Shared } from '../state/hooks.ts'
import { parsePreferences, type Preferences } from '../state/preferences.ts'
import { NEW_DRAFT, type PublishDraft } from '../state/publish.ts'
import { startSession } from '../state/session.ts'
import { createStore } from '../state/store.ts'
import { reduceToasts, type Toast } from '../state/toasts.ts'
import { createNavigation } from './navigation.ts'

const PREFERENCES_KEY = 'shoal-preferences'

/** What every part of the window shares, for as long as the page is there. */
export function createShared(
  target: Window,
  connect: () => Promise<ControlClient>,
  desktop: DesktopApi | undefined,
): Shared {
  const toasts = createStore<readonly Toast[]>([])
  const preferences = createStore<Preferences>(parsePreferences(target.localStorage.getItem(PREFERENCES_KEY)))
  const look = (): void => {
    const { theme, density } = preferences.get()
    const root = target.document.documentElement
    if (theme === 'system') delete root.dataset['theme']
    else root.dataset['theme'] = theme
    root.dataset['density'] = density
  }
  look()
  preferences.subscribe(() => {
    look()
    target.localStorage.setItem(PREFERENCES_KEY, JSON.stringify(preferences.get()))
  })
  const session = startSession(connect)
  const agent = watchAgentProcess(desktop)
  agent.subscribe(() => {
    const phase = agent.get()?.state.phase
    if (phase === 'failing' || phase === 'stopped') session.lose()
    if (phase === 'running') session.nudge()
  })
  return {
    session,
    agent,
    route: createNavigation(target).route,
    preferences,
    toasts,
    tellToasts: (event) => toasts.set(reduceToasts(toasts.get(), event)),
    commands: createCommandBoard(),
    draft: createStore<PublishDraft>(NEW_DRAFT),
  }
}
