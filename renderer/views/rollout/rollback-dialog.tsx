import { type ReactElement, useId, useState } from 'react'
import type { RolloutUpdate } from '../../../protocol/control/window.ts'
import { navigate } from '../../app/navigation.ts'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { TextField } from '../../components/field.tsx'
import { Failure, FeedFrame } from '../../components/notice.tsx'
import { Foreign, Moment } from '../../components/values.tsx'
import { countOf, formatCount } from '../../state/format.ts'
import { useAction, useClient, useFeed, useToast } from '../../state/hooks.ts'
import { lifetimeMs, USUAL_LIFETIME } from '../../state/lifetime.ts'
import { awayText, rollbackText } from '../../state/rollout.ts'

/** Older releases that are offered. */
const OFFERED = 12

/** Publishes an older release's content as the new head; the channel's name has to be typed. */
export function RollbackDialog({
  update,
  onClose,
}: {
  readonly update: RolloutUpdate
  readonly onClose: () => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const id = useId()
  const { channel } = update
  const [picked, setPicked] = useState<number>()
  const [message, setMessage] = useState('')
  const feed = useFeed(`rollback ${channel}`, (agent, signal) =>
    agent.stream('watchReleases', { channel, first: 0, count: OFFERED + 1 }, { signal }),
  )
  const older = (feed.value?.rows ?? []).filter((line) => line.release < update.release)
  const to = picked ?? older.find((line) => line.kept)?.release
  const back = useAction(async () => {
    if (client === undefined || to === undefined) return
    const made = await client.call('rollback', {
      channel,
      to,
      message,
      lifetimeMs: lifetimeMs(USUAL_LIFETIME),
      waves: [],
    })
    toast(
      made.proposal === null
        ? { tone: 'good', text: `${channel} goes back to release ${to}, as release ${made.sequence}` }
        : { tone: 'plain', text: `Going back waits for more signatures`, href: '#/access/keys', link: 'Show' },
    )
    onClose()
    // Wherever this was asked: what comes next is the new release, on its own page.
    if (made.proposal === null) navigate({ page: 'rollouts', channel, release: undefined })
  })
  return (
    <ConfirmDialog
      title={`Roll ${channel} back?`}
      action={to === undefined ? 'Roll back' : `Roll ${countOf(update.hosts, 'host')} back to release ${to}`}
      danger
      typed={channel}
      ready={to !== undefined}
      busy={back.busy}
      onConfirm={() => back.run()}
      onClose={onClose}
    >
      <FeedFrame feed={feed} what="the releases" lines={3}>
        {() =>
          older.length === 0 ? (
            <p>There is no older release of {channel} to go back to.</p>
          ) : (
            <fieldset className="choices">
              <legend className="label">Go back to</legend>
              {older.slice(0, OFFERED).map((line) => (
                <label key={line.release} className="choice">
                  <input
                    type="radio"
                    name={id}
                    checked={line.release === to}
                    disabled={!line.kept}
                    onChange={() => setPicked(line.release)}
                  />
                  <span className="strong">{line.release}</span>
                  <span className="break grow">
                    {line.message === '' ? (
                      <span className="quiet">no message</span>
                    ) : (
                      <Foreign text={line.message} max={80} />
                    )}
                  </span>
                  <span className="quiet small num">
                    {line.kept ? `${formatCount(line.live)} have it live` : 'not kept here'} ·{' '}
                    <Moment atMs={line.publishedMs} nowMs={feed.value?.nowMs ?? 0} />
                  </span>
                </label>
              ))}
            </fieldset>
          )
        }
      </FeedFrame>
      {to !== undefined && (
        <p>
          {rollbackText(update, to)}: at once, without waves. {awayText(update.counts.offline)}
        </p>
      )}
      <TextField
        label="Why, for those who look at it later"
        value={message}
        onChange={setMessage}
        placeholder="optional"
      />
      {back.problem !== undefined && <Failure problem={back.problem} what="Nothing was changed" />}
    </ConfirmDialog>
  )
}
