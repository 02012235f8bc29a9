import { type ReactElement, useState } from 'react'
import { CONTROL_LIMITS } from '../../../protocol/control/window.ts'
import { ConfirmDialog, Dialog } from '../../components/dialog.tsx'
import { TextField } from '../../components/field.tsx'
import { Failure, FeedFrame } from '../../components/notice.tsx'
import { countOf, formatCount } from '../../state/format.ts'
import { useAction, useAnswer, useClient, useToast } from '../../state/hooks.ts'
import { namesText } from '../../state/text.ts'
import { Effect } from '../access/effect.tsx'

interface RevokeProps {
  readonly hosts: readonly string[]
  readonly onDone: () => void
  readonly onClose: () => void
}

/** Takes the selected hosts out of the mesh; what that would do is shown first. */
export function BulkRevoke(props: RevokeProps): ReactElement {
  const most = CONTROL_LIMITS.bulkHosts
  if (props.hosts.length <= most) return <RevokeDialog {...props} />
  return (
    <Dialog title={`${formatCount(props.hosts.length)} hosts are too many at once`} onClose={props.onClose}>
      <p>
        At most {formatCount(most)} hosts are revoked in one step: each takes a signature and a record that every member
        gets. Select fewer, a site at a time.
      </p>
    </Dialog>
  )
}

function RevokeDialog({ hosts, onDone, onClose }: RevokeProps): ReactElement {
  const client = useClient()
  const toast = useToast()
  const [reason, setReason] = useState('')
  const effect = useAnswer(`revoke ${hosts.join()}`, (agent, signal) =>
    agent.call('hostsRevoke', { hosts, reason: '', dryRun: true }, { signal }),
  )
  const revoke = useAction(async () => {
    if (client === undefined) return
    const done = await client.call('hostsRevoke', { hosts, reason, dryRun: false })
    const count = countOf(done.hosts.length, 'host')
    toast({ tone: 'good', text: `${count} revoked; connections to them end as the word spreads` })
    onDone()
    onClose()
  })
  const found = effect.value
  const count = countOf(found?.hosts.length ?? hosts.length, 'host')
  return (
    <ConfirmDialog
      title={`Revoke ${count}?`}
      action={`Revoke ${count} for good`}
      danger
      busy={revoke.busy || found === undefined}
      onConfirm={() => revoke.run()}
      onClose={onClose}
    >
      <FeedFrame feed={effect} what="what this would do" lines={4}>
        {(result) => (
          <>
            <Effect effect={result.effect} />
            {result.missing.length > 0 && (
              <p className="held">
                Nothing is done with {namesText(result.missing)}: revoked already, or never invited.
              </p>
            )}
          </>
        )}
      </FeedFrame>
      <TextField label="Reason, for the record" value={reason} onChange={setReason} placeholder="optional" />
      {revoke.problem !== undefined && <Failure problem={revoke.problem} what="Not every host was revoked" />}
    </ConfirmDialog>
  )
}
