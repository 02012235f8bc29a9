import type { ReactElement } from 'react'
import { CONTROL_LIMITS } from '../../../protocol/control/window.ts'
import { ConfirmDialog } from '../../components/dialog.tsx'
import { Failure, FeedFrame } from '../../components/notice.tsx'
import { byChannelText, inParts, linesOfHosts, retriesOf } from '../../state/bulk.ts'
import { countOf } from '../../state/format.ts'
import { useAction, useAnswer, useClient, useToast } from '../../state/hooks.ts'
import { namesText } from '../../state/text.ts'

/** Has those of the selected hosts try again that failed, by how they stand now. */
export function BulkRetry({
  hosts,
  channel,
  onDone,
  onClose,
}: {
  readonly hosts: readonly string[]
  readonly channel: string | null
  readonly onDone: () => void
  readonly onClose: () => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const feed = useAnswer(`retry ${channel} ${hosts.join()}`, async (agent, signal) =>
    retriesOf(await linesOfHosts(agent, hosts, channel, signal)),
  )
  const groups = feed.value ?? new Map<string, readonly string[]>()
  const count = [...groups.values()].reduce((sum, own) => sum + own.length, 0)
  const retry = useAction(async () => {
    if (client === undefined) return
    let told = 0
    for (const [name, own] of groups) {
      for (const part of inParts(own, CONTROL_LIMITS.bulkHosts)) {
        told += (await client.call('retryHosts', { channel: name, hosts: part })).hosts.length
      }
    }
    toast({ tone: 'good', text: `${countOf(told, 'host')} will try again` })
    onDone()
    onClose()
  })
  return (
    <ConfirmDialog
      title="Let failed hosts try again?"
      action={`Let ${countOf(count, 'host')} try again`}
      busy={retry.busy || feed.value === undefined || count === 0}
      onConfirm={() => retry.run()}
      onClose={onClose}
    >
      <FeedFrame feed={feed} what="how they stand now" lines={3}>
        {(found) =>
          count === 0 ? (
            <p>None of {countOf(hosts.length, 'host')} is failed, rolled back or refusing a release any more.</p>
          ) : (
            <>
              <p>
                Of {countOf(hosts.length, 'selected host')}, those that failed, rolled back or refused a release:{' '}
                <strong>{byChannelText(found)}</strong>. Each tries its channel’s newest release once more. Hosts that
                are away do so when they return; their live trees stay as they are until then.
              </p>
              <p className="break quiet">{namesText([...found.values()].flat())}</p>
            </>
          )
        }
      </FeedFrame>
      {retry.problem !== undefined && <Failure problem={retry.problem} what="Not every host was told" />}
    </ConfirmDialog>
  )
}
