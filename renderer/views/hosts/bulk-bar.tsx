import { type ReactElement, useState } from 'react'
import type { HostLine } from '../../../protocol/control/window.ts'
import { exactTerm } from '../../../protocol/query/index.ts'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { Failure } from '../../components/notice.tsx'
import { countOf } from '../../state/format.ts'
import { useAction, useClient, useToast } from '../../state/hooks.ts'

/** Names that a question lists before it counts the rest. */
const NAMED = 12

/** What can be done with the selected hosts. */
export function BulkBar({
  hosts,
  lineOf,
  onClear,
}: {
  readonly hosts: readonly string[]
  readonly lineOf: (host: string) => HostLine | undefined
  readonly onClear: () => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const [asking, setAsking] = useState(false)
  const targets = hosts.flatMap((host) => {
    const channel = lineOf(host)?.channel
    return channel === undefined || channel === null ? [] : [{ host, channel }]
  })
  const retry = useAction(async () => {
    if (client === undefined) return
    for (const target of targets) await client.call('retryHost', target)
    setAsking(false)
    toast({ tone: 'good', text: `${countOf(targets.length, 'host')} will try again` })
    onClear()
  })
  const copy = (text: string, what: string): void =>
    void navigator.clipboard.writeText(text).then(
      () => toast({ tone: 'plain', text: `Copied ${what}` }),
      () => toast({ tone: 'bad', text: 'The browser does not let this be copied' }),
    )
  return (
    <div className="bulk-bar" role="group" aria-label="Selected hosts">
      <span className="strong">{countOf(hosts.length, 'host')} selected</span>
      <button
        type="button"
        className="button"
        disabled={client === undefined || targets.length === 0}
        onClick={() => setAsking(true)}
      >
        Try again…
      </button>
      <button type="button" className="button" onClick={() => copy(hosts.join('\n'), countOf(hosts.length, 'name'))}>
        Copy names
      </button>
      <button
        type="button"
        className="button"
        onClick={() => copy(`host:${hosts.map((host) => exactTerm('host', host).slice(5)).join(',')}`, 'the query')}
      >
        Copy as query
      </button>
      <button type="button" className="button plain" onClick={onClear}>
        Clear
      </button>
      {asking && (
        <ConfirmDialog
          title={`Let ${countOf(targets.length, 'host')} try again?`}
          action={`Let ${countOf(targets.length, 'host')} try again`}
          busy={retry.busy}
          onConfirm={() => retry.run()}
          onClose={() => setAsking(false)}
        >
          <p>
            Each tries its channel’s newest release once more. Hosts that are away do so when they return; their live
            trees stay as they are until then.
          </p>
          <p className="break">
            {targets
              .slice(0, NAMED)
              .map((target) => `${target.host} (${target.channel})`)
              .join(', ')}
            {targets.length > NAMED && `, and ${countOf(targets.length - NAMED, 'more', 'more')}`}
          </p>
          {retry.problem !== undefined && <Failure problem={retry.problem} what="Not every host was told" />}
        </ConfirmDialog>
      )}
    </div>
  )
}
