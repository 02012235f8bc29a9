import { type ReactElement, useEffect, useRef, useState } from 'react'
import { Boundary } from '../components/boundary.tsx'
import { Dialog } from '../components/dialog.tsx'
import { Empty } from '../components/notice.tsx'
import { Toaster } from '../components/toaster.tsx'
import { useCommand, useRoute, useSession, useShared } from '../state/hooks.ts'
import { NO_KEYS, pressKey, SHORTCUTS } from '../state/shortcuts.ts'
import { showText } from '../state/text.ts'
import { Start } from '../views/start/start.tsx'
import { Bands } from './bands.tsx'
import { navigate, placeOf } from './navigation.ts'
import { Pages } from './pages.tsx'
import { Palette } from './palette.tsx'
import { Rail } from './rail.tsx'
import { TopBar } from './top-bar.tsx'
import { usePlace } from './use-place.ts'

const THEMES = ['system', 'light', 'dark'] as const

/** The whole window: a mesh to be made or joined first, and otherwise the pages. */
export function App({ mac }: { readonly mac: boolean }): ReactElement {
  const { preferences } = useShared()
  const { problem, overview } = useSession()
  const { page } = useRoute()
  const [open, setOpen] = useState<'palette' | 'help'>()
  const [starting, setStarting] = useState(false)
  const toast = useThemeTurner()
  useKeys()
  useCommand('palette', () => setOpen('palette'))
  useCommand('help', () => setOpen('help'))
  useCommand('theme', () => {
    const now = preferences.get()
    const theme = THEMES[(THEMES.indexOf(now.theme) + 1) % THEMES.length] ?? 'system'
    preferences.set({ ...now, theme })
    toast(theme)
  })
  const isStart = starting || (problem?.code === 'NO_MESH' && overview === undefined)
  usePlace(isStart)
  if (isStart)
    return (
      <>
        <Bands />
        <Start onBusy={setStarting} />
        <Toaster />
      </>
    )
  return (
    <div className="shell">
      <a
        className="skip"
        href="#content"
        onClick={(event) => {
          event.preventDefault()
          document.getElementById('content')?.focus()
        }}
      >
        Skip to the page
      </a>
      <TopBar mac={mac} onSearch={() => setOpen('palette')} />
      <Rail />
      <main id="content" className="content" tabIndex={-1}>
        <Bands />
        {overview === undefined && problem !== undefined && problem.code !== 'NO_MESH' ? (
          <Empty icon="warn" title="The agent answers, and does not give a picture of the mesh" isPage>
            <p>{showText(problem.message, { max: 600 })}</p>
            <p>
              <code>{problem.code}</code>. It is asked again every second.
            </p>
          </Empty>
        ) : (
          <Boundary key={page}>
            <Pages />
          </Boundary>
        )}
      </main>
      {open === 'palette' && <Palette onClose={() => setOpen(undefined)} />}
      {open === 'help' && <KeySheet mac={mac} onClose={() => setOpen(undefined)} />}
      <Toaster />
    </div>
  )
}

/** Keys to commands: pages that are gone to, and whatever the open page does with the rest. */
function useKeys(): void {
  const { commands, preferences } = useShared()
  const keys = useRef(NO_KEYS)
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || document.querySelector('dialog[open]') !== null) return
      const target = event.target instanceof Element ? event.target : document.body
      const typing = target.closest('input, textarea, select, [contenteditable]') !== null
      if (event.key === 'Enter' && target.closest('a, button, summary') !== null) return
      const press = { key: event.key, mod: event.ctrlKey || event.metaKey, alt: event.altKey, typing }
      const { state, command } = pressKey(keys.current, press, Date.now(), preferences.get().letters)
      keys.current = state
      if (command === undefined) return
      const place = placeOf(command)
      if (place !== undefined) navigate(place)
      else if (!commands.tell(command)) return
      event.preventDefault()
    }
    addEventListener('keydown', onKey)
    return () => removeEventListener('keydown', onKey)
  }, [commands, preferences])
}

function useThemeTurner(): (theme: string) => void {
  const { tellToasts } = useShared()
  return (theme) => tellToasts({ type: 'add', toast: { id: -1, tone: 'plain', text: `Theme: ${theme}` } })
}

/** Every key, from the table that also makes them work. */
function KeySheet({ mac, onClose }: { readonly mac: boolean; readonly onClose: () => void }): ReactElement {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl className="key-sheet">
        {SHORTCUTS.map(({ keys, text }) => (
          <div key={keys}>
            <dt>
              {keys.split(/[ +]/).map((key) => (
                <kbd key={key} className="key">
                  {key === 'Mod' ? (mac ? '⌘' : 'Ctrl') : key}
                </kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <p className="quiet small">Single letters do nothing while something is typed; Settings turns them off.</p>
    </Dialog>
  )
}
