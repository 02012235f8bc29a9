import { type ReactElement, useState } from 'react'
import type { KeyLock } from '../../../protocol/control/window.ts'
import { TextField } from '../../components/field.tsx'
import { Failure } from '../../components/notice.tsx'
import { useAction, useClient } from '../../state/hooks.ts'

/** Keys are locked again after so long without a signature. */
const IDLE_MS = 15 * 60_000

/** Asks for the passphrase of the keys in this home; it goes to the agent and is not kept here. */
export function Unlock({
  lock,
  onUnlocked,
}: {
  readonly lock: KeyLock
  readonly onUnlocked: () => void
}): ReactElement | null {
  const client = useClient()
  const [passphrase, setPassphrase] = useState('')
  const unlock = useAction(async () => {
    await client?.call('keysUnlock', { passphrase, idleMs: IDLE_MS })
    setPassphrase('')
    onUnlocked()
  })
  if (lock.state !== 'locked') return null
  return (
    <form
      className="stack tight"
      onSubmit={(event) => {
        event.preventDefault()
        if (passphrase !== '') unlock.run()
      }}
    >
      <TextField
        label="Passphrase"
        type="password"
        value={passphrase}
        onChange={setPassphrase}
        hint="The keys are locked. They lock again after 15 minutes without a signature."
      />
      {unlock.problem !== undefined && <Failure problem={unlock.problem} what="The keys stay locked" />}
      <div>
        <button type="submit" className="button" disabled={passphrase === '' || unlock.busy || client === undefined}>
          {unlock.busy ? 'Unlocking…' : 'Unlock the keys'}
        </button>
      </div>
    </form>
  )
}
