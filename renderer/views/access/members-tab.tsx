import { type ReactElement, useState } from 'react'
import type { AccessMember, QuarantinedGrant } from '../../../protocol/control/window.ts'
import { Empty } from '../../components/notice.tsx'
import { Icon } from '../../components/icon.tsx'
import { Id, Moment } from '../../components/values.tsx'
import { countOf } from '../../state/format.ts'
import { useClient, useCommand } from '../../state/hooks.ts'
import { hostsHref } from '../../state/route.ts'
import { showText } from '../../state/text.ts'
import type { AccessPart } from './types.ts'
import { InviteDialog } from './invite-dialog.tsx'
import { KeepDialog, RevokeHostDialog } from './host-dialogs.tsx'

/** Members in the table before the rest is found by typing. */
const SHOWN = 200

/** Hosts that are in, hosts that may come in, and machines that claim the same invitation. */
export function MembersTab({ access, nowMs, onChanged }: AccessPart): ReactElement {
  const client = useClient()
  const [inviting, setInviting] = useState(false)
  const [revoking, setRevoking] = useState<string>()
  const [keeping, setKeeping] = useState<{ readonly grant: QuarantinedGrant; readonly peerId: string }>()
  const [text, setText] = useState('')
  useCommand('filter', () => document.getElementById('members-filter')?.focus())
  const found = access.members.filter((member) =>
    `${member.host} ${member.site} ${member.peerId}`.toLowerCase().includes(text.toLowerCase()),
  )
  const at = (time: string): number => Date.parse(time)
  return (
    <>
      {access.quarantined.length > 0 && (
        <section className="panel quarantine" aria-labelledby="access-quarantine">
          <header>
            <h2 id="access-quarantine">
              <span className="bad">
                <Icon name="warn" size={14} />
              </span>{' '}
              Quarantined: two machines claim one invitation
            </h2>
          </header>
          <ul className="list">
            {access.quarantined.map((grant) => (
              <li key={grant.grant}>
                <p>
                  <strong>{showText(grant.host, { max: 80 })}</strong> of {grant.site}: none of these is a member until
                  one is kept.
                </p>
                {grant.claims.map((claim) => (
                  <div key={claim.peerId} className="row">
                    <Id value={claim.peerId} />
                    <span className="quiet grow">
                      joined <Moment atMs={at(claim.joinedAt)} nowMs={nowMs} /> by its own clock
                    </span>
                    <button
                      type="button"
                      className="button small"
                      disabled={client === undefined}
                      onClick={() => setKeeping({ grant, peerId: claim.peerId })}
                    >
                      This is {showText(grant.host, { max: 40 })}…
                    </button>
                  </div>
                ))}
              </li>
            ))}
          </ul>
        </section>
      )}
      <section className="panel" aria-labelledby="access-pending">
        <header>
          <h2 id="access-pending">Invited, not joined ({access.pending.length})</h2>
          <button
            type="button"
            className="button primary"
            disabled={client === undefined}
            onClick={() => setInviting(true)}
          >
            <Icon name="plus" size={13} /> Invite a host…
          </button>
        </header>
        {access.pending.length === 0 ? (
          <p className="quiet pad">
            Nobody is invited. An invitation is one line that a machine joins with; no server is needed.
          </p>
        ) : (
          <table className="simple-table">
            <thead>
              <tr>
                <th scope="col">Host</th>
                <th scope="col">Site</th>
                <th scope="col">Labels</th>
                <th scope="col">Invited</th>
                <th scope="col">Until</th>
                <th scope="col">
                  <span className="visually-hidden">Action</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {access.pending.map((invite) => (
                <tr key={invite.grant}>
                  <th scope="row">{showText(invite.host, { max: 80 })}</th>
                  <td>{invite.site}</td>
                  <td>{labelsText(invite.labels)}</td>
                  <td>
                    <Moment atMs={at(invite.issuedAt)} nowMs={nowMs} />
                  </td>
                  <td>
                    {invite.expired ? (
                      <span className="held">expired</span>
                    ) : (
                      <Moment atMs={at(invite.expires)} nowMs={nowMs} />
                    )}
                  </td>
                  <td className="num">
                    <button
                      type="button"
                      className="button small danger"
                      disabled={client === undefined}
                      onClick={() => setRevoking(invite.host)}
                    >
                      Revoke…<span className="visually-hidden"> {invite.host}</span>
                    </button>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
      <section className="panel" aria-labelledby="access-members">
        <header>
          <h2 id="access-members">Members ({access.members.length})</h2>
          <input
            id="members-filter"
            className="input"
            aria-label="Filter members"
            placeholder="name, site, peer id"
            value={text}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => event.key === 'Escape' && event.currentTarget.blur()}
          />
        </header>
        {access.members.length === 0 ? (
          <Empty icon="hosts" title="No machine has joined yet">
            <p>Invite a host, and run the line that you get on it.</p>
          </Empty>
        ) : (
          <table className="simple-table">
            <thead>
              <tr>
                <th scope="col">Host</th>
                <th scope="col">Site</th>
                <th scope="col">Labels</th>
                <th scope="col">Peer id</th>
                <th scope="col">Joined</th>
                <th scope="col">From here</th>
                <th scope="col">
                  <span className="visually-hidden">Action</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {found.slice(0, SHOWN).map((member) => (
                <MemberRow
                  key={member.peerId}
                  member={member}
                  nowMs={nowMs}
                  onRevoke={() => setRevoking(member.host)}
                  enabled={client !== undefined}
                />
              ))}
            </tbody>
          </table>
        )}
        {found.length > SHOWN && (
          <p className="quiet pad">{countOf(found.length - SHOWN, 'more member')}: type a part of the name.</p>
        )}
        {found.length === 0 && access.members.length > 0 && (
          <p className="quiet pad">None of {countOf(access.members.length, 'member')} fits.</p>
        )}
      </section>
      {access.revoked.length > 0 && (
        <details className="panel pad">
          <summary>{countOf(access.revoked.length, 'revoked host')}</summary>
          <ul className="list">
            {access.revoked.map((host) => (
              <li key={host.grant} className="row">
                <span className="strong">{showText(host.host, { max: 80 })}</span>
                <span className="grow quiet">
                  {host.reason === '' ? 'no reason given' : showText(host.reason, { max: 200 })}
                </span>
                <span className="quiet small">
                  <Moment atMs={at(host.revokedAt)} nowMs={nowMs} />
                </span>
              </li>
            ))}
          </ul>
        </details>
      )}
      {inviting && (
        <InviteDialog
          onClose={() => {
            setInviting(false)
            onChanged()
          }}
        />
      )}
      {revoking !== undefined && (
        <RevokeHostDialog
          host={revoking}
          onClose={() => {
            setRevoking(undefined)
            onChanged()
          }}
        />
      )}
      {keeping !== undefined && (
        <KeepDialog
          grant={keeping.grant}
          peerId={keeping.peerId}
          onClose={() => {
            setKeeping(undefined)
            onChanged()
          }}
        />
      )}
    </>
  )
}

function MemberRow({
  member,
  nowMs,
  enabled,
  onRevoke,
}: {
  readonly member: AccessMember
  readonly nowMs: number
  readonly enabled: boolean
  readonly onRevoke: () => void
}): ReactElement {
  return (
    <tr>
      <th scope="row">
        <a href={hostsHref('', undefined, member.host)}>{showText(member.host, { max: 80 })}</a>
        {member.self && <span className="quiet"> (this one)</span>}
      </th>
      <td>{member.site}</td>
      <td>{labelsText(member.labels)}</td>
      <td>
        <Id value={member.peerId} />
      </td>
      <td>
        <Moment atMs={Date.parse(member.joinedAt)} nowMs={nowMs} />
      </td>
      <td>{member.connected ? 'connected' : member.self ? '' : <span className="quiet">not connected</span>}</td>
      <td className="num">
        {!member.self && (
          <button type="button" className="button small danger" disabled={!enabled} onClick={onRevoke}>
            Revoke…<span className="visually-hidden"> {member.host}</span>
          </button>
        )}
      </td>
    </tr>
  )
}

const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([label, value]) => showText(`${label}=${value}`, { max: 60 }))
    .join(' ')
