import { type ReactElement, useId, useState } from 'react'
import type { ReleaseLine } from '../../../protocol/control/window.ts'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { TextField } from '../../components/field.tsx'
import { Failure } from '../../components/notice.tsx'
import { countOf, formatBytes } from '../../state/format.ts'
import { useAction, useClient, useSession, useToast } from '../../state/hooks.ts'
import { lifetimeMs, USUAL_LIFETIME } from '../../state/lifetime.ts'
import { channelProblem } from '../../state/publish.ts'
import { formatRoute } from '../../state/route.ts'

/** A release of one channel becomes the head of another: nothing is uploaded. It goes to every host at once, so the channel's name is typed. */
export function PromoteDialog({
  line,
  onClose,
}: {
  readonly line: ReleaseLine
  readonly onClose: () => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const { overview } = useSession()
  const id = useId()
  const others = (overview?.channels ?? []).filter((card) => card.channel !== line.channel)
  const [channel, setChannel] = useState(others[0]?.channel ?? '')
  const [message, setMessage] = useState(
    `${line.channel}@${line.release}${line.message === '' ? '' : `: ${line.message}`}`,
  )
  const hosts = others.find((card) => card.channel === channel)?.hosts ?? 0
  const wrong = channelProblem(channel)
  const promote = useAction(async () => {
    if (client === undefined) return
    const made = await client.call('republish', {
      from: { channel: line.channel, release: line.release },
      channel,
      message,
      lifetimeMs: lifetimeMs(USUAL_LIFETIME),
    })
    toast({
      tone: 'good',
      text: `${made.channel}@${made.release} has the content of ${line.channel}@${line.release}`,
      href: formatRoute({ page: 'rollouts', channel: made.channel, release: undefined }),
      link: 'Watch it',
    })
    onClose()
  })
  return (
    <ConfirmDialog
      title={`Send ${line.channel}@${line.release} to another channel?`}
      action={`Send to ${channel === '' ? 'it' : channel} (${countOf(hosts, 'host')})`}
      typed={hosts > 0 ? channel : undefined}
      ready={wrong === undefined}
      busy={promote.busy}
      onConfirm={() => promote.run()}
      onClose={onClose}
    >
      <p>
        Nothing is uploaded: hosts of that channel fetch only what they lack of {formatBytes(line.bytes)}, all of them
        at once.
      </p>
      {others.length > 0 && (
        <fieldset className="choices">
          <legend className="label">Channel</legend>
          {others.map((card) => (
            <label key={card.channel} className="choice">
              <input
                type="radio"
                name={id}
                checked={card.channel === channel}
                onChange={() => setChannel(card.channel)}
              />
              <span className="grow">
                {card.channel}
                {card.release > 0 && <span className="quiet">@{card.release}</span>}
              </span>
              <span className="quiet small">{countOf(card.hosts, 'host')}</span>
            </label>
          ))}
        </fieldset>
      )}
      <TextField
        label={others.length > 0 ? 'or a new one' : 'Channel'}
        value={others.some((card) => card.channel === channel) ? '' : channel}
        onChange={setChannel}
        wrong={channel === '' ? undefined : wrong}
      />
      <TextField label="Message" value={message} onChange={setMessage} />
      {promote.problem !== undefined && <Failure problem={promote.problem} what="Nothing was published" />}
    </ConfirmDialog>
  )
}
