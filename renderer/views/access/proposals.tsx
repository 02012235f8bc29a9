import { type ReactElement, useState } from 'react'
import type { ProposalRow } from '../../../protocol/control/window.ts'
import { ConfirmDialog, Dialog } from '../../components/dialog.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Failure, FeedFrame } from '../../components/notice.tsx'
import { Bytes, Id, Moment } from '../../components/values.tsx'
import { countOf } from '../../state/format.ts'
import { useAction, useAnswer, useClient, useSession, useToast } from '../../state/hooks.ts'
import { beginText } from '../../state/publish.ts'
import { showText } from '../../state/text.ts'
import type { AccessPart } from './types.ts'
import { Effect } from './effect.tsx'
import { Instead } from './instead.tsx'

/** Steps that wait for signatures: what each would do, who has signed, and the button that signs. */
export function Proposals({ access, nowMs, onChanged }: AccessPart): ReactElement | null {
  const client = useClient()
  const [approving, setApproving] = useState<ProposalRow>()
  const [exporting, setExporting] = useState<string>()
  if (access.proposals.length === 0) return null
  return (
    <section className="panel" aria-labelledby="access-proposals">
      <header>
        <h2 id="access-proposals">Waiting for signatures ({access.proposals.length})</h2>
      </header>
      <ul className="list">
        {access.proposals.map((proposal) => (
          <li key={proposal.id} className="proposal">
            <div className="grow">
              <p className="strong">{titleOf(proposal)}</p>
              <ul className="proposal-summary">
                {proposal.summary.map((line) => (
                  <li key={line}>{showText(line, { max: 300 })}</li>
                ))}
              </ul>
              {proposal.release !== null && (
                <p>
                  {countOf(proposal.release.entries, 'entry', 'entries')}, <Bytes value={proposal.release.bytes} />,{' '}
                  <Id value={proposal.release.manifest} />
                </p>
              )}
              <p className="quiet small">
                proposed <Moment atMs={Date.parse(proposal.proposedAt)} nowMs={nowMs} /> · signed by{' '}
                {proposal.signed
                  .map((one) => (one.mine ? 'this home' : (one.holder ?? one.key.slice(0, 8))))
                  .join(', ')}{' '}
                · {proposal.missing.map((one) => `${one.role}: ${one.have} of ${one.need}`).join(', ')}
              </p>
            </div>
            <div className="row wrap">
              {proposal.kind === 'root' && (
                <button
                  type="button"
                  className="button small"
                  disabled={client === undefined}
                  onClick={() => setExporting(proposal.id)}
                >
                  As text…
                </button>
              )}
              <button
                type="button"
                className="button small primary"
                disabled={client === undefined || !proposal.canApprove}
                title={proposal.canApprove ? undefined : 'No key of this home can sign it, or it has signed already'}
                onClick={() => setApproving(proposal)}
              >
                Look and sign…
              </button>
            </div>
          </li>
        ))}
      </ul>
      {approving !== undefined && (
        <ApproveDialog
          proposal={approving}
          onClose={() => {
            setApproving(undefined)
            onChanged()
          }}
        />
      )}
      {exporting !== undefined && <ExportDialog id={exporting} onClose={() => setExporting(undefined)} />}
    </section>
  )
}

const titleOf = (proposal: ProposalRow): string =>
  proposal.kind === 'head' ? `Release ${proposal.channel}@${proposal.version}` : `Root ${proposal.version}`

function ApproveDialog({
  proposal,
  onClose,
}: {
  readonly proposal: ProposalRow
  readonly onClose: () => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const [instead, setInstead] = useState(false)
  const feed = useAnswer(`approve ${proposal.id} ${instead}`, (agent, signal) =>
    agent.call('approve', { id: proposal.id, instead, dryRun: true }, { signal }),
  )
  const { overview } = useSession()
  // The last signature is what sends it, so it is asked for as sending is.
  const completes = feed.value?.proposal.completes === true
  const sends = completes && proposal.release?.atOnce === true ? proposal.channel : null
  const hosts = overview?.channels.find((card) => card.channel === sends)?.hosts ?? 0
  const approve = useAction(async () => {
    const made = await client?.call('approve', { id: proposal.id, instead, dryRun: false })
    if (made !== undefined)
      toast({
        tone: 'good',
        text: made.done ? `${titleOf(proposal)} is in force` : `${titleOf(proposal)} is signed; it waits for more`,
      })
    onClose()
  })
  return (
    <ConfirmDialog
      title={`Sign ${titleOf(proposal)}?`}
      action={completes ? `Sign: ${titleOf(proposal)} comes into force` : `Sign ${titleOf(proposal)}`}
      danger={sends !== null}
      typed={sends ?? undefined}
      ready={feed.value !== undefined}
      busy={approve.busy}
      onConfirm={() => approve.run()}
      onClose={onClose}
    >
      <FeedFrame feed={feed} what="what this would do" lines={3}>
        {(result) => (
          <>
            <ul>
              {result.proposal.summary.map((line) => (
                <li key={line}>{showText(line, { max: 300 })}</li>
              ))}
            </ul>
            {result.effect !== null && <Effect effect={result.effect} />}
            {sends !== null && <p>{beginText(hosts)}</p>}
            <p className="quiet small">
              Every signature covers <code className="break">{result.proposal.id}</code>
            </p>
          </>
        )}
      </FeedFrame>
      <Instead problem={feed.error ?? approve.problem} value={instead} onChange={setInstead} />
      {approve.problem !== undefined && <Failure problem={approve.problem} what="Nothing was signed" />}
    </ConfirmDialog>
  )
}

function ExportDialog({ id, onClose }: { readonly id: string; readonly onClose: () => void }): ReactElement {
  const feed = useAnswer(`export ${id}`, (client, signal) => client.call('rootProposalExport', { id }, { signal }))
  return (
    <Dialog title="The step as text" onClose={onClose}>
      <p>
        Holders of keys sign it where there is no network: they import it, sign, and give the text back. It is no
        secret.
      </p>
      <FeedFrame feed={feed} what="the text" lines={3}>
        {({ text }) => (
          <>
            <code className="ticket-text" tabIndex={0}>
              {text}
            </code>
            <div>
              <CopyButton text={text} what="text" />
            </div>
          </>
        )}
      </FeedFrame>
    </Dialog>
  )
}
