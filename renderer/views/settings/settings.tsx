import { type ReactElement, useState } from 'react'
import { type AgentSettings, ALERT_RULES, type AlertRule } from '../../../protocol/control/window.ts'
import { Failure, FeedFrame } from '../../components/notice.tsx'
import { Segments } from '../../components/segments.tsx'
import { formatDuration } from '../../state/format.ts'
import { useAction, useAnswer, useClient, useShared, useStore, useToast } from '../../state/hooks.ts'
import type { Preferences } from '../../state/preferences.ts'
import { hostsHref } from '../../state/route.ts'
import { showText } from '../../state/text.ts'

/** What is set for this window, for the consoles of this agent, and for the agent itself. */
export function Settings(): ReactElement {
  const [changed, setChanged] = useState(0)
  const feed = useAnswer(`settings ${changed}`, (client, signal) => client.call('settings', {}, { signal }))
  return (
    <div className="page">
      <h1>Settings</h1>
      <div className="settings">
        <WindowPart />
        <FeedFrame feed={feed} what="the agent’s settings">
          {(settings) => (
            <>
              <AlertPart settings={settings} onChanged={() => setChanged(changed + 1)} />
              <ViewsPart settings={settings} onChanged={() => setChanged(changed + 1)} />
              <AgentPart settings={settings} />
            </>
          )}
        </FeedFrame>
      </div>
    </div>
  )
}

function WindowPart(): ReactElement {
  const { preferences } = useShared()
  const now = useStore(preferences)
  const set = (part: Partial<Preferences>): void => preferences.set({ ...now, ...part })
  return (
    <section className="panel" aria-labelledby="settings-window">
      <header>
        <h2 id="settings-window">This window</h2>
      </header>
      <dl className="body facts wide-facts">
        <dt id="set-theme">Theme</dt>
        <dd>
          <Segments
            label="Theme"
            value={now.theme}
            options={['system', 'light', 'dark']}
            onChange={(theme) => set({ theme })}
          />
        </dd>
        <dt>Density</dt>
        <dd>
          <Segments
            label="Density"
            value={now.density}
            options={['compact', 'comfortable']}
            onChange={(density) => set({ density })}
          />
        </dd>
        <dt>Keys</dt>
        <dd>
          <label className="check">
            <input type="checkbox" checked={now.letters} onChange={(event) => set({ letters: event.target.checked })} />
            single letters go to pages and rows
          </label>
        </dd>
      </dl>
    </section>
  )
}

const RULES: Readonly<Record<AlertRule, string>> = {
  failed: 'hosts failed to apply a release',
  'rolled-back': 'hosts went back after a failed health check',
  drifted: 'live trees are not what was committed',
  silent: 'hosts are not heard of',
  stale: 'processes run on an older release',
  held: 'budgets, quiet hours or locks hold hosts',
  expiring: 'a root or a release expires soon',
  expired: 'a root or a release has expired',
  partition: 'sites do not reach each other',
  quarantine: 'two machines claim one invitation',
  conflict: 'two records of one version',
  alone: 'this node is connected to nobody',
}

function AlertPart({
  settings,
  onChanged,
}: {
  readonly settings: AgentSettings
  readonly onChanged: () => void
}): ReactElement {
  const client = useClient()
  const { savedViews, mutedAlerts } = settings
  const save = useAction(async (rule: AlertRule) => {
    const muted = mutedAlerts.includes(rule) ? mutedAlerts.filter((one) => one !== rule) : [...mutedAlerts, rule]
    await client?.call('settingsSet', { savedViews, mutedAlerts: muted })
    onChanged()
  })
  return (
    <section className="panel" aria-labelledby="settings-alerts">
      <header>
        <h2 id="settings-alerts">Alerts of this agent</h2>
      </header>
      <div className="body">
        <div className="rules">
          {ALERT_RULES.map((rule) => (
            <label key={rule} className="check">
              <input
                type="checkbox"
                disabled={client === undefined || save.busy}
                checked={!mutedAlerts.includes(rule)}
                onChange={() => save.run(rule)}
              />
              {RULES[rule]}
            </label>
          ))}
        </div>
        {save.problem !== undefined && <Failure problem={save.problem} what="The setting was not kept" />}
      </div>
    </section>
  )
}

function ViewsPart({
  settings,
  onChanged,
}: {
  readonly settings: AgentSettings
  readonly onChanged: () => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const { savedViews, mutedAlerts } = settings
  const remove = useAction(async (name: string) => {
    await client?.call('settingsSet', { savedViews: savedViews.filter((view) => view.name !== name), mutedAlerts })
    toast({ tone: 'plain', text: `Removed the view “${name}”` })
    onChanged()
  })
  return (
    <section className="panel" aria-labelledby="settings-views">
      <header>
        <h2 id="settings-views">Saved views</h2>
      </header>
      {remove.problem !== undefined && <Failure problem={remove.problem} what="The view was not removed" />}
      {savedViews.length === 0 ? (
        <p className="quiet pad">
          None yet: <a href={hostsHref('')}>filter hosts</a>, and save the filter under a name.
        </p>
      ) : (
        <ul className="list">
          {savedViews.map((view) => (
            <li key={view.name} className="row">
              <a className="clip" href={hostsHref(view.query, view.channel ?? undefined)}>
                {showText(view.name, { max: 80 })}
              </a>
              <code className="quiet clip grow">{showText(view.query, { max: 160 })}</code>
              <button
                type="button"
                className="button small"
                disabled={client === undefined || remove.busy}
                onClick={() => remove.run(view.name)}
              >
                Remove<span className="visually-hidden"> {showText(view.name, { max: 80 })}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  )
}

function AgentPart({ settings }: { readonly settings: AgentSettings }): ReactElement {
  const list = (lines: readonly string[], none: string): ReactElement =>
    lines.length === 0 ? (
      <span className="quiet">{none}</span>
    ) : (
      <ul className="mono break">
        {lines.map((line) => (
          <li key={line}>{showText(line, { max: 300 })}</li>
        ))}
      </ul>
    )
  return (
    <section className="panel" aria-labelledby="settings-agent">
      <header>
        <h2 id="settings-agent">The agent</h2>
        <span className="quiet small">set in its config.toml and on its command line</span>
      </header>
      <dl className="body facts wide-facts">
        <dt>Version</dt>
        <dd>{showText(settings.agentVersion, { max: 60 })}</dd>
        <dt>Home</dt>
        <dd className="mono break">{showText(settings.home, { max: 400 })}</dd>
        <dt>Reports every</dt>
        <dd>{formatDuration(settings.statusIntervalMs)}</dd>
        <dt>Finds neighbours</dt>
        <dd>{settings.mdns ? 'by mDNS on the LAN' : 'not by mDNS'}</dd>
        <dt>Relays for others</dt>
        <dd>{settings.relay ? 'yes' : 'no'}</dd>
        <dt>Listens at</dt>
        <dd>{list(settings.listen, 'nowhere')}</dd>
        <dt>Dials first</dt>
        <dd>{list(settings.bootstrap, 'nobody')}</dd>
        <dt>Limits of links</dt>
        <dd>{list(settings.limits, 'none: transfers take what the links give')}</dd>
      </dl>
    </section>
  )
}
