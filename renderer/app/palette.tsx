import { type ReactElement, useDeferredValue, useEffect, useId, useMemo, useRef, useState } from 'react'
import { Icon } from '../components/icon.tsx'
import { useModal } from '../components/use-modal.ts'
import { useAnswer, useFeed, useSession, useShared } from '../state/hooks.ts'
import { type PaletteEntry, searchPalette } from '../state/palette.ts'
import { formatRoute, hostsHref, type Route } from '../state/route.ts'
import { SHORTCUTS } from '../state/shortcuts.ts'
import { showText } from '../state/text.ts'
import { placeOf } from './navigation.ts'

interface Choice extends PaletteEntry {
  run(): void
}

/** Finds pages, actions, channels, releases and hosts, and goes there. */
export function Palette({ onClose }: { readonly onClose: () => void }): ReactElement {
  const dialog = useRef<HTMLDialogElement>(null)
  const list = useId()
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const fixed = useFixedChoices()
  const hosts = useHostChoices(useDeferredValue(query))
  const found = searchPalette([...fixed, ...hosts], query) as readonly Choice[]
  const chosen = found[Math.min(at, found.length - 1)]
  useModal(dialog)
  useEffect(() => setAt(0), [query])
  useEffect(() => {
    // Scrolling answers with a promise in newer engines: it is not what an effect gives back.
    void document.getElementById(`${list}-${chosen?.id}`)?.scrollIntoView({ block: 'nearest' })
  }, [chosen?.id])
  const run = (choice: Choice | undefined): void => {
    if (choice === undefined) return
    onClose()
    choice.run()
  }
  return (
    <dialog
      ref={dialog}
      className="dialog palette"
      aria-label="Search or run anything"
      onCancel={onClose}
      onClick={(event) => event.target === dialog.current && onClose()}
    >
      <div className="palette-field">
        <Icon name="search" />
        <input
          className="palette-input"
          role="combobox"
          aria-label="Search or run anything"
          aria-expanded="true"
          aria-controls={list}
          aria-activedescendant={chosen === undefined ? undefined : `${list}-${chosen.id}`}
          placeholder="Pages, hosts, channels, releases, actions"
          value={query}
          onChange={(event) => setQuery(event.target.value)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowDown') setAt((at + 1) % Math.max(1, found.length))
            else if (event.key === 'ArrowUp') setAt((at - 1 + found.length) % Math.max(1, found.length))
            else if (event.key === 'Enter') run(chosen)
            else return
            event.preventDefault()
          }}
        />
      </div>
      <ul id={list} role="listbox" aria-label="Found" tabIndex={-1} className="palette-list">
        {found.map((choice) => (
          <li
            key={choice.id}
            id={`${list}-${choice.id}`}
            role="option"
            aria-selected={choice === chosen}
            onClick={() => run(choice)}
            onMouseMove={() => setAt(found.indexOf(choice))}
          >
            <span className="clip">{showText(choice.title, { max: 80 })}</span>
            <span className="quiet clip grow">{showText(choice.detail, { max: 80 })}</span>
            <span className="quiet small">{choice.hint ?? choice.group}</span>
          </li>
        ))}
        {found.length === 0 && (
          <li role="option" aria-selected="false" aria-disabled="true" className="quiet">
            Nothing is called “{showText(query, { max: 60 })}”
          </li>
        )}
      </ul>
    </dialog>
  )
}

const go = (route: Route) => (): void => {
  location.hash = formatRoute(route)
}

function useFixedChoices(): readonly Choice[] {
  const { commands, preferences } = useShared()
  const { overview } = useSession()
  return useMemo(() => {
    const pages = SHORTCUTS.flatMap(({ command, keys, text }): readonly Choice[] => {
      const route = placeOf(command)
      return route === undefined || keys === 'p'
        ? []
        : [{ id: command, group: 'Go to', title: text, detail: '', hint: keys, run: go(route) }]
    })
    const acts: readonly Choice[] = [
      {
        id: 'do:invite',
        group: 'Do',
        title: 'Invite a host…',
        detail: 'ticket and QR code',
        run: go({ page: 'access', tab: 'hosts' }),
      },
      {
        id: 'do:theme',
        group: 'Do',
        title: 'Next theme',
        detail: 'system, light, dark',
        hint: 't',
        run: () => commands.tell('theme'),
      },
      {
        id: 'do:density',
        group: 'Do',
        title: 'Change density',
        detail: 'compact, comfortable',
        run: () => {
          const now = preferences.get()
          preferences.set({ ...now, density: now.density === 'compact' ? 'comfortable' : 'compact' })
        },
      },
      {
        id: 'do:keys',
        group: 'Do',
        title: 'Show all keys',
        detail: 'keyboard shortcuts',
        hint: '?',
        run: () => commands.tell('help'),
      },
      {
        id: 'do:failed',
        group: 'Do',
        title: 'Find failed hosts',
        detail: 'is:failed',
        run: go({ page: 'hosts', query: 'is:failed', channel: undefined, host: undefined }),
      },
      {
        id: 'do:offline',
        group: 'Do',
        title: 'Find offline hosts',
        detail: 'is:offline',
        run: go({ page: 'hosts', query: 'is:offline', channel: undefined, host: undefined }),
      },
    ]
    const channels = (overview?.channels ?? []).flatMap((card): readonly Choice[] => [
      {
        id: `rollout:${card.channel}`,
        group: 'Channels',
        title: `${card.channel} rollout`,
        detail: `release ${card.release}`,
        run: go({ page: 'rollouts', channel: card.channel, release: undefined }),
      },
      {
        id: `publish:${card.channel}`,
        group: 'Channels',
        title: `Publish to ${card.channel}…`,
        detail: '',
        run: go({ page: 'publish', channel: card.channel }),
      },
      {
        id: `hosts:${card.channel}`,
        group: 'Channels',
        title: `Hosts of ${card.channel}`,
        detail: '',
        run: go({ page: 'hosts', query: '', channel: card.channel, host: undefined }),
      },
    ])
    const releases = (overview?.recent ?? []).map((line): Choice => ({
      id: `release:${line.channel}@${line.release}`,
      group: 'Releases',
      title: `${line.channel}@${line.release}`,
      detail: line.message,
      run: go({ page: 'releases', channel: line.channel, release: line.release, from: undefined }),
    }))
    return [...pages, ...acts, ...channels, ...releases]
  }, [commands, preferences, overview?.channels, overview?.recent])
}

/** Names of hosts and sites are looked up at the agent: the window does not have ten thousand of them. */
function useHostChoices(query: string): readonly Choice[] {
  const word = query.trim().split(/\s+/)[0] ?? ''
  const vocabulary = useAnswer('palette-words', (client, signal) => client.call('queryVocabulary', {}, { signal }))
  const ask = /^[a-z0-9._-]{2,}$/i.test(word) ? word.toLowerCase() : undefined
  const hosts = useFeed(
    `palette-hosts:${ask ?? ''}`,
    async function* (client, signal) {
      if (ask === undefined) return
      const request = {
        query: ask,
        channel: null,
        first: 0,
        count: 12,
        sort: 'host',
        descending: false,
        squares: false,
      } as const
      for await (const update of client.stream('watchHosts', request, { signal })) {
        yield update.rows
        return
      }
    },
    null,
  )
  const sites = (vocabulary.value?.sites ?? []).map((site): Choice => ({
    id: `site:${site}`,
    group: 'Hosts',
    title: `Hosts of site ${site}`,
    detail: `site:${site}`,
    run: go({ page: 'hosts', query: `site:${site}`, channel: undefined, host: undefined }),
  }))
  const lines = (hosts.value ?? []).map((line): Choice => ({
    id: `host:${line.host}`,
    group: 'Hosts',
    title: line.host,
    detail: `${line.site} · ${line.state}`,
    run: () => {
      location.hash = hostsHref('', undefined, line.host)
    },
  }))
  return query === '' ? [] : [...lines, ...sites]
}
