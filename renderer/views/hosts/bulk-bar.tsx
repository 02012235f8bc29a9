import { type ReactElement, useState } from 'react'
import type { HostLine } from '../../../protocol/control/window.ts'
import { navigate } from '../../app/navigation.ts'
import { Dialog } from '../../components/dialog.tsx'
import { Menu, MenuItem } from '../../components/menu.tsx'
import { Failure } from '../../components/notice.tsx'
import { linesOfHosts, mayRetry, queryOfHosts, waveOfHosts } from '../../state/bulk.ts'
import { countOf, formatCount } from '../../state/format.ts'
import { useAction, useClient, useShared, useToast } from '../../state/hooks.ts'
import { writeHosts } from '../../state/host-file.ts'
import { draftForWave } from '../../state/publish.ts'
import { BulkRetry } from './bulk-retry.tsx'
import { BulkRevoke } from './bulk-revoke.tsx'

/** What can be done with the selected hosts. Every button says with how many of them. */
export function BulkBar({
  hosts,
  channel,
  query,
  lineOf,
  onClear,
}: {
  readonly hosts: readonly string[]
  /** Whose word on them is looked at; null for the one where each stands worst. */
  readonly channel: string | null
  /** That found exactly these; undefined when they were picked one by one. */
  readonly query: string | undefined
  readonly lineOf: (host: string) => HostLine | undefined
  readonly onClear: () => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const { draft } = useShared()
  const [asking, setAsking] = useState<'retry' | 'revoke'>()
  const lines = hosts.flatMap((host) => lineOf(host) ?? [])
  const failed = lines.filter(({ state }) => mayRetry(state)).length
  const wave = waveOfHosts(hosts, query)
  const named = queryOfHosts(hosts)
  const write = useAction(async (kind: 'csv' | 'json') => {
    if (client === undefined) return
    writeHosts(await linesOfHosts(client, hosts, channel), kind, toast)
  })
  const copy = (text: string, what: string): void =>
    void navigator.clipboard.writeText(text).then(
      () => toast({ tone: 'plain', text: `Copied ${what}` }),
      () => toast({ tone: 'bad', text: 'The browser does not let this be copied' }),
    )
  const send = (select: string): void => {
    const channels = new Set(lines.flatMap((line) => line.channel ?? []))
    const [only] = channels.size === 1 ? channels : []
    draft.set(draftForWave(draft.get(), select, channel ?? only))
    toast({ tone: 'plain', text: `The first wave is ${countOf(hosts.length, 'host')}: ${select.slice(0, 120)}` })
    navigate({ page: 'publish', channel: channel ?? only })
  }
  return (
    <div className="bulk-bar" role="group" aria-label="Selected hosts">
      <span className="strong nowrap">{countOf(hosts.length, 'host')} selected</span>
      <button
        type="button"
        className="button"
        disabled={client === undefined || failed === 0}
        title={failed === 0 ? 'None of them failed, rolled back or refused a release' : undefined}
        onClick={() => setAsking('retry')}
      >
        Let {failed === 0 ? 'failed ones' : formatCount(failed)} try again…
      </button>
      <button
        type="button"
        className="button"
        onClick={() => (wave.ok ? send(wave.select) : toast({ tone: 'bad', text: wave.why }))}
      >
        Publish to {formatCount(hosts.length)} first…
      </button>
      <Menu label="Copy or export">
        <MenuItem onClick={() => copy(hosts.join('\n'), countOf(hosts.length, 'name'))}>
          Copy {countOf(hosts.length, 'name')}
        </MenuItem>
        <MenuItem
          disabled={named === undefined}
          onClick={() => copy(named ?? '', `a query of ${countOf(hosts.length, 'host')}`)}
        >
          Copy as a query{named === undefined && ': too many names'}
        </MenuItem>
        <MenuItem disabled={client === undefined} onClick={() => write.run('csv')}>
          Export {countOf(hosts.length, 'host')} as CSV
        </MenuItem>
        <MenuItem disabled={client === undefined} onClick={() => write.run('json')}>
          Export {countOf(hosts.length, 'host')} as JSON
        </MenuItem>
      </Menu>
      <button
        type="button"
        className="button danger"
        disabled={client === undefined}
        onClick={() => setAsking('revoke')}
      >
        Revoke {countOf(hosts.length, 'host')}…
      </button>
      <button type="button" className="button plain" onClick={onClear}>
        Clear
      </button>
      {write.problem !== undefined && (
        <Dialog title="Nothing was written" onClose={write.clear}>
          <Failure problem={write.problem} what="The agent does not give the hosts" />
        </Dialog>
      )}
      {asking === 'retry' && (
        <BulkRetry hosts={hosts} channel={channel} onDone={onClear} onClose={() => setAsking(undefined)} />
      )}
      {asking === 'revoke' && <BulkRevoke hosts={hosts} onDone={onClear} onClose={() => setAsking(undefined)} />}
    </div>
  )
}
