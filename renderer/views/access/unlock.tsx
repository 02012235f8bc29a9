import { type ReactElement, useEffect, useState } from 'react'
import { desktopApi } from '../../bridge.ts'
import type { KeyLock } from '../../../protocol/control/window.ts'
import { TextField } from '../../components/field.tsx'
import { Failure } from '../../components/notice.tsx'
import { useAction, useClient, useToast } from '../../state/hooks.ts'
import { showText } from '../../state/text.ts'

/** Keys are locked again after so long without a signature. */
const IDLE_MS = 15 * 60_000

/** Asks for the passphrase of the keys in this home; it goes to the agent, and to the system's keyring when a person wants that. */
export function Unlock({
  lock,
  onUnlocked,
}: {
  readonly lock: KeyLock
  readonly onUnlocked: () => void
}): ReactElement | null {
  const client = useClient()
  const toast = useToast()
  const keyring = useKeyring()
  const [passphrase, setPassphrase] = useState('')
  const [remember, setRemember] = useState(false)
  const unlock = useAction(async () => {
    await client?.call('keysUnlock', { passphrase, idleMs: IDLE_MS })
    if (remember) {
      const kept = await desktopApi()?.rememberPassphrase(passphrase)
      if (kept?.ok === false)
        toast({ tone: 'bad', text: `Unlocked, but not remembered: ${showText(kept.error.message, { max: 200 })}` })
    }
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
      {keyring && (
        <label className="check">
          <input type="checkbox" checked={remember} onChange={(event) => setRemember(event.target.checked)} />
          remember it in the system’s keyring
        </label>
      )}
      {unlock.problem !== undefined && <Failure problem={unlock.problem} what="The keys stay locked" />}
      <div>
        <button type="submit" className="button" disabled={passphrase === '' || unlock.busy || client === undefined}>
          {unlock.busy ? 'Unlocking…' : 'Unlock the keys'}
        </button>
      </div>
    </form>
  )
}

/** Whether the system has a keyring that could keep a passphrase; never in a browser. */
function useKeyring(): boolean {
  const [available, setAvailable] = useState(false)
  useEffect(() => {
    let here = true
    void desktopApi()
      ?.keyring()
      .then((outcome) => {
        if (here && outcome.ok) setAvailable(outcome.value.available)
      })
    return () => {
      here = false
    }
  }, [])
  return available
}
