import { type ReactElement, type ReactNode, useState } from 'react'
import type { AccessMember, PendingInvite, QuarantinedGrant } from '../../../protocol/control/window.ts'
import { FilterField } from '../../components/filter-field.tsx'
import { Empty } from '../../components/notice.tsx'
import { Icon } from '../../components/icon.tsx'
import { type SimpleColumn, SimpleTable } from '../../components/simple-table.tsx'
import { Id, Moment } from '../../components/values.tsx'
import { countOf, formatCount } from '../../state/format.ts'
import { useClient } from '../../state/hooks.ts'
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
          <SimpleTable
            label="Invited, not joined"
            rows={access.pending}
            keyOf={(invite) => invite.grant}
            columns={[
              ...namedColumns<PendingInvite>((invite) => showText(invite.host, { max: 80 })),
              { title: 'Invited', render: (invite) => <Moment atMs={at(invite.issuedAt)} nowMs={nowMs} /> },
              {
                title: 'Until',
                render: (invite) =>
                  invite.expired ? (
                    <span className="held">expired</span>
                  ) : (
                    <Moment atMs={at(invite.expires)} nowMs={nowMs} />
                  ),
              },
              revokeColumn(client !== undefined, setRevoking),
            ]}
          />
        )}
      </section>
      <section className="panel" aria-labelledby="access-members">
        <header>
          <h2 id="access-members">Members ({formatCount(access.members.length)})</h2>
          <FilterField label="Filter members" placeholder="name, site, peer id" value={text} onChange={setText} />
        </header>
        {access.members.length === 0 ? (
          <Empty icon="hosts" title="No machine has joined yet">
            <p>Invite a host, and run the line that you get on it.</p>
          </Empty>
        ) : (
          <SimpleTable
            label="Members"
            rows={found.slice(0, SHOWN)}
            keyOf={(member) => member.peerId}
            columns={[
              ...namedColumns<AccessMember>((member) => (
                <>
                  <a href={hostsHref('', undefined, member.host)}>{showText(member.host, { max: 80 })}</a>
                  {member.self && <span className="quiet"> (this one)</span>}
                </>
              )),
              { title: 'Peer id', render: (member) => <Id value={member.peerId} /> },
              { title: 'Joined', render: (member) => <Moment atMs={at(member.joinedAt)} nowMs={nowMs} /> },
              {
                title: 'From here',
                render: (member) =>
                  member.connected ? 'connected' : member.self ? '' : <span className="quiet">not connected</span>,
              },
              revokeColumn(client !== undefined, setRevoking),
            ]}
          />
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

/** What a machine is called, wherever it stands. */
const namedColumns = <T extends { readonly site: string; readonly labels: Readonly<Record<string, string>> }>(
  renderName: (row: T) => ReactNode,
): readonly SimpleColumn<T>[] => [
  { title: 'Host', render: renderName },
  { title: 'Site', render: (row) => row.site },
  { title: 'Labels', render: (row) => labelsText(row.labels) },
]

/** A button that asks before it revokes; none for this console itself. */
const revokeColumn = (
  enabled: boolean,
  onRevoke: (host: string) => void,
): SimpleColumn<{ readonly host: string; readonly self?: boolean }> => ({
  title: 'Action',
  untitled: true,
  numeric: true,
  render: ({ host, self }) =>
    self !== true && (
      <button type="button" className="button small danger" disabled={!enabled} onClick={() => onRevoke(host)}>
        Revoke…<span className="visually-hidden"> {host}</span>
      </button>
    ),
})

const labelsText = (labels: Readonly<Record<string, string>>): string =>
  Object.entries(labels)
    .map(([label, value]) => showText(`${label}=${value}`, { max: 60 }))
    .join(' ')
