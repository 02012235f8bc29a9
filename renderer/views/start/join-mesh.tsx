import { type ReactElement, useId, useState } from 'react'
import type { Joined } from '../../../protocol/control/window.ts'
import { Failure } from '../../components/notice.tsx'
import { Foreign, Id } from '../../components/values.tsx'
import { useAction, useClient, useShared } from '../../state/hooks.ts'

/** Binds this home's own key to the grant of a ticket; works before any peer is reachable. */
export function JoinMesh(): ReactElement {
  const client = useClient()
  const { session } = useShared()
  const id = useId()
  const [ticket, setTicket] = useState('')
  const [joined, setJoined] = useState<Joined>()
  const join = useAction(async () => {
    if (client === undefined) return
    setJoined(await client.call('join', { ticket: ticket.trim() }))
    session.nudge()
  })
  const looksRight = /^shoal1\S+$/.test(ticket.trim())
  return (
    <form
      className="panel start-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (looksRight) join.run()
      }}
    >
      <p>
        An admin of the mesh invites this machine in <em>Keys &amp; access</em>, or with <code>shoal mesh invite</code>,
        and gives you one line. It is a secret until it was used, and works once.
      </p>
      <div className="field">
        <label htmlFor={id}>Ticket</label>
        <textarea
          id={id}
          className="textarea mono"
          rows={4}
          value={ticket}
          placeholder="shoal1…"
          spellCheck={false}
          onChange={(event) => setTicket(event.target.value)}
        />
        {ticket.trim() !== '' && !looksRight && <p className="wrong">A ticket is one line that begins with shoal1</p>}
      </div>
      {join.problem !== undefined && <Failure problem={join.problem} what="This machine did not join" />}
      {joined !== undefined && (
        <p role="status">
          Joined <Foreign text={joined.name} max={60} /> as <strong>{joined.host}</strong> of {joined.site} (
          <Id value={joined.peerId} />
          ). Waiting for the first peer…
        </p>
      )}
      <div className="row">
        <button type="submit" className="button primary" disabled={!looksRight || join.busy || client === undefined}>
          {join.busy ? 'Joining…' : 'Join the mesh'}
        </button>
      </div>
    </form>
  )
}
