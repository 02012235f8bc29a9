import { type ReactElement, useState } from 'react'
import type { QuarantinedGrant } from '../../../protocol/control/window.ts'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { TextField } from '../../components/field.tsx'
import { Failure, FeedFrame } from '../../components/notice.tsx'
import { countOf } from '../../state/format.ts'
import { useAction, useAnswer, useClient, useToast } from '../../state/hooks.ts'
import { shortId } from '../../state/text.ts'
import { Effect } from './effect.tsx'

/** Takes a host out of the mesh; what that would do is shown first. */
export function RevokeHostDialog({
  host,
  onClose,
}: {
  readonly host: string
  readonly onClose: () => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const [reason, setReason] = useState('')
  const effect = useAnswer(`revoke ${host}`, (agent, signal) =>
    agent.call('hostRevoke', { host, reason: '', dryRun: true }, { signal }),
  )
  const revoke = useAction(async () => {
    await client?.call('hostRevoke', { host, reason, dryRun: false })
    toast({ tone: 'good', text: `${host} is revoked; connections to it end as the word spreads` })
    onClose()
  })
  const leaving = effect.value?.effect.leaving.length ?? 0
  return (
    <ConfirmDialog
      title={`Revoke ${host}?`}
      action={leaving === 0 ? `Revoke the invitation of ${host}` : `Revoke ${host} (${countOf(leaving, 'machine')})`}
      danger
      ready={effect.value !== undefined}
      busy={revoke.busy}
      onConfirm={() => revoke.run()}
      onClose={onClose}
    >
      <FeedFrame feed={effect} what="what this would do" lines={3}>
        {(result) => <Effect effect={result.effect} />}
      </FeedFrame>
      <TextField label="Reason, for the record" value={reason} onChange={setReason} placeholder="optional" />
      {revoke.problem !== undefined && <Failure problem={revoke.problem} what="Nothing was revoked" />}
    </ConfirmDialog>
  )
}

/** Decides which of several machines is the host of a grant. */
export function KeepDialog({
  grant,
  peerId,
  onClose,
}: {
  readonly grant: QuarantinedGrant
  readonly peerId: string
  readonly onClose: () => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const request = { grant: grant.grant, keep: peerId }
  const effect = useAnswer(`keep ${grant.grant} ${peerId}`, (agent, signal) =>
    agent.call('quarantineResolve', { ...request, dryRun: true }, { signal }),
  )
  const keep = useAction(async () => {
    await client?.call('quarantineResolve', { ...request, dryRun: false })
    toast({ tone: 'good', text: `${shortId(peerId)} is ${grant.host}` })
    onClose()
  })
  return (
    <ConfirmDialog
      title={`Is ${shortId(peerId)} ${grant.host}?`}
      action={`Keep it as ${grant.host}, refuse ${countOf(grant.claims.length - 1, 'other')}`}
      danger
      ready={effect.value !== undefined}
      busy={keep.busy}
      onConfirm={() => keep.run()}
      onClose={onClose}
    >
      <p>
        Compare the peer id with what <code>shoal status</code> says on the machine itself:{' '}
        <code className="break">{peerId}</code>
      </p>
      <FeedFrame feed={effect} what="what this would do" lines={3}>
        {(result) => <Effect effect={result.effect} />}
      </FeedFrame>
      {keep.problem !== undefined && <Failure problem={keep.problem} what="Nothing was decided" />}
    </ConfirmDialog>
  )
}
