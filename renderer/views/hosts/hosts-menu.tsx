import { type ReactElement, useState } from 'react'
import { ActionDialog, Dialog } from '../../components/dialog.tsx'
import { TextField } from '../../components/field.tsx'
import { Icon } from '../../components/icon.tsx'
import { Menu, MenuItem } from '../../components/menu.tsx'
import { Failure } from '../../components/notice.tsx'
import { linesOfQuery } from '../../state/bulk.ts'
import { useAction, useAnswer, useClient, useToast } from '../../state/hooks.ts'
import { writeHosts } from '../../state/host-file.ts'
import { showText } from '../../state/text.ts'

/** Saved views, which every console of this agent has, and files of what was found. */
export function HostsMenu({
  query,
  channel,
  onPick,
}: {
  readonly query: string
  readonly channel: string | null
  readonly onPick: (query: string) => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const [changed, setChanged] = useState(0)
  const [naming, setNaming] = useState<string>()
  const settings = useAnswer(`saved-views ${changed}`, (agent, signal) => agent.call('settings', {}, { signal }))
  const views = settings.value?.savedViews ?? []
  const save = useAction(async (name: string) => {
    if (client === undefined || settings.value === undefined) return
    const savedViews = [...views.filter((view) => view.name !== name), { name, query, channel }]
    await client.call('settingsSet', { savedViews, mutedAlerts: settings.value.mutedAlerts })
    setChanged(changed + 1)
    setNaming(undefined)
    toast({ tone: 'good', text: `Saved the view “${name}”` })
  })
  const send = useAction(async (kind: 'csv' | 'json') => {
    if (client === undefined) return
    writeHosts(await linesOfQuery(client, { query, channel }), kind, toast)
  })
  return (
    <div className="row">
      <Menu
        label={
          <>
            <Icon name="star" size={13} /> Views
          </>
        }
      >
        {views.map((view) => (
          <MenuItem key={view.name} onClick={() => onPick(view.query)}>
            <span className="grow">{showText(view.name, { max: 60 })}</span>
            <code className="quiet small">{showText(view.query, { max: 40 })}</code>
          </MenuItem>
        ))}
        {views.length === 0 && <p className="quiet pad small">No view is saved yet</p>}
        <MenuItem
          disabled={query === '' || client === undefined || settings.value === undefined}
          onClick={() => setNaming('')}
        >
          <Icon name="plus" size={13} /> Save this filter…
        </MenuItem>
      </Menu>
      <Menu
        label={
          <>
            <Icon name="download" size={13} /> Export
          </>
        }
      >
        <MenuItem disabled={client === undefined} onClick={() => send.run('csv')}>
          As CSV
        </MenuItem>
        <MenuItem disabled={client === undefined} onClick={() => send.run('json')}>
          As JSON
        </MenuItem>
      </Menu>
      {send.problem !== undefined && (
        <Dialog title="Nothing was written" onClose={send.clear}>
          <Failure problem={send.problem} what="The agent does not give the hosts" />
        </Dialog>
      )}
      {naming !== undefined && (
        <ActionDialog
          title="Save this filter"
          action="Save the view"
          ready={naming.trim() !== '' && !save.busy}
          onAction={() => save.run(naming.trim())}
          onClose={() => setNaming(undefined)}
        >
          <p>
            <code className="break">{query}</code>
          </p>
          <TextField label="Name" value={naming} onChange={setNaming} />
          {save.problem !== undefined && <Failure problem={save.problem} what="The view was not saved" />}
        </ActionDialog>
      )}
    </div>
  )
}
