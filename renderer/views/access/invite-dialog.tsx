import { type ReactElement, useState } from 'react'
import type { Invitation } from '../../../protocol/control/window.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { ActionDialog, Dialog } from '../../components/dialog.tsx'
import { SelectField, TextField } from '../../components/field.tsx'
import { Failure } from '../../components/notice.tsx'
import { Moment } from '../../components/values.tsx'
import { QrCode } from '../../components/qr-code.tsx'
import { INVITE_LIFETIMES, type InviteHours, nameProblem, parseLabels } from '../../state/invite.ts'
import { useAction, useAnswer, useClient } from '../../state/hooks.ts'

/** Makes a ticket for one machine, and shows it as a line and as a QR code. */
export function InviteDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const client = useClient()
  const [host, setHost] = useState('')
  const [site, setSite] = useState('')
  const [labels, setLabels] = useState('')
  const [hours, setHours] = useState<InviteHours>('24')
  const [made, setMade] = useState<Invitation>()
  const words = useAnswer('invite-words', (agent, signal) => agent.call('queryVocabulary', {}, { signal }))
  const parsed = parseLabels(labels)
  const ready = nameProblem(host) === undefined && nameProblem(site) === undefined && parsed.ok
  const invite = useAction(async () => {
    if (client === undefined || !parsed.ok) return
    setMade(
      await client.call('meshInvite', { host, site, labels: parsed.labels, lifetimeMs: Number(hours) * 3_600_000 }),
    )
  })
  if (made !== undefined)
    return (
      <Dialog
        title={`The ticket of ${made.host}`}
        onClose={onClose}
        actions={
          <button type="button" className="button primary" onClick={onClose}>
            Done
          </button>
        }
      >
        <p>
          Run this on {made.host}, once. It is a secret until it was used, is good until{' '}
          <Moment atMs={Date.parse(made.expires)} nowMs={Date.now()} />, and is not shown again.
        </p>
        <div className="ticket">
          <QrCode text={made.ticket} label={`QR code of the ticket of ${made.host}`} size={190} />
          <div className="stack tight grow">
            <code className="ticket-text" tabIndex={0}>
              shoal join {made.ticket}
            </code>
            <div className="row wrap">
              <CopyButton text={`shoal join ${made.ticket}`} what="command" />
              <CopyButton text={made.ticket} what="ticket" />
            </div>
          </div>
        </div>
        <p className="quiet">
          Then say there what it takes and where, <code>shoal target add web /srv/web</code>, and run{' '}
          <code>shoal agent</code>: it is among the hosts as soon as it is heard.
        </p>
      </Dialog>
    )
  return (
    <ActionDialog
      title="Invite a host"
      action={invite.busy ? 'Signing…' : `Make a ticket for ${host === '' ? 'it' : host}`}
      ready={ready && !invite.busy && client !== undefined}
      onAction={() => invite.run()}
      onClose={onClose}
    >
      <TextField
        label="Name of the host"
        value={host}
        onChange={setHost}
        mono
        wrong={host === '' ? undefined : nameProblem(host)}
        placeholder="oslo-1"
      />
      <TextField
        label="Site"
        value={site}
        onChange={setSite}
        mono
        wrong={site === '' ? undefined : nameProblem(site)}
        hint={`Hosts of one site share a LAN and an uplink.${(words.value?.sites.length ?? 0) > 0 ? ` Sites so far: ${words.value?.sites.slice(0, 8).join(', ')}` : ''}`}
      />
      <TextField
        label="Labels"
        value={labels}
        onChange={setLabels}
        mono
        wrong={parsed.ok ? undefined : parsed.why}
        hint="role=web arch=x64; waves and filters find hosts by them."
      />
      <SelectField label="Good for" value={hours} options={INVITE_LIFETIMES} onChange={setHours} />
      {invite.problem !== undefined && <Failure problem={invite.problem} what="No ticket was made" />}
    </ActionDialog>
  )
}
