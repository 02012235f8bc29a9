import type { ReactElement } from 'react'
import type { HostLine } from '../../../protocol/control/window.ts'
import { Dialog } from '../../components/dialog.tsx'
import { Failure } from '../../components/notice.tsx'
import { linesOfQuery } from '../../state/bulk.ts'
import { countOf, formatCount } from '../../state/format.ts'
import { useAction, useClient, useToast } from '../../state/hooks.ts'
import { SELECTION_MAX } from '../../state/selection.ts'

/** Selects all that the filter finds, in sight or not. */
export function SelectAll({
  matching,
  query,
  channel,
  onSelect,
}: {
  readonly matching: number | undefined
  readonly query: string
  readonly channel: string | null
  readonly onSelect: (found: readonly HostLine[]) => void
}): ReactElement {
  const client = useClient()
  const toast = useToast()
  const select = useAction(async () => {
    if (client === undefined) return
    const found = await linesOfQuery(client, { query, channel })
    if (found.length > SELECTION_MAX) {
      toast({
        tone: 'bad',
        text: `${formatCount(SELECTION_MAX)} of ${countOf(found.length, 'host')} are selected: more cannot be`,
      })
    }
    onSelect(found)
  })
  return (
    <>
      <button
        type="button"
        className="button"
        disabled={client === undefined || matching === undefined || matching === 0 || select.busy}
        onClick={() => select.run()}
      >
        Select all{matching === undefined || matching === 0 ? '' : ` ${formatCount(matching)}`}
      </button>
      {select.problem !== undefined && (
        <Dialog title="Nothing was selected" onClose={select.clear}>
          <Failure problem={select.problem} what="The agent does not give the hosts" />
        </Dialog>
      )}
    </>
  )
}
