import { type ReactElement, useEffect, useState } from 'react'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { desktopApi } from '../../bridge.ts'
import type { KeyLock } from '../../../protocol/control/window.ts'
import { ActionDialog } from '../../components/dialog.tsx'
import { NewPassphrase, NOTHING_TYPED } from '../../components/new-passphrase.tsx'
import { Failure } from '../../components/notice.tsx'
import { Moment } from '../../components/values.tsx'
import { passphraseProblem } from '../../state/passphrase.ts'
import { useAction, useClient, useToast } from '../../state/hooks.ts'
import { Unlock } from './unlock.tsx'

/** Whether the keys of this home can sign, and the way to lock, unlock and encrypt them. */
export function LockPart({
  lock,
  hasKeys,
  nowMs,
  onChanged,
}: {
  readonly lock: KeyLock
  readonly hasKeys: boolean
  readonly nowMs: number
  readonly onChanged: () => void
}): ReactElement | null {
  const client = useClient()
  const toast = useToast()
  const [changing, setChanging] = useState(false)
  const lockNow = useAction(async () => {
    await client?.call('keysLock', { passphrase: null })
    toast({ tone: 'plain', text: 'The keys are locked' })
    onChanged()
  })
  if (!hasKeys) return null
  return (
    <section className="panel" aria-labelledby="access-lock">
      <header>
        <h2 id="access-lock">Lock of these keys</h2>
        <span className={lock.state === 'open' ? 'held' : 'quiet'}>
          {lock.state === 'open' ? 'not encrypted' : lock.state}
          {lock.locksAt !== null && (
            <>
              {' '}
              until <Moment atMs={Date.parse(lock.locksAt)} nowMs={nowMs} />
            </>
          )}
        </span>
      </header>
      <div className="body stack tight">
        {lock.state === 'open' && <p>Whoever reads this home’s disk can sign with them.</p>}
        <Unlock lock={lock} onUnlocked={onChanged} />
        <div className="row wrap">
          <ForgetButton />
          {lock.state === 'unlocked' && (
            <button
              type="button"
              className="button"
              disabled={client === undefined || lockNow.busy}
              onClick={() => lockNow.run()}
            >
              Lock now
            </button>
          )}
          {lock.state !== 'locked' && (
            <button type="button" className="button" disabled={client === undefined} onClick={() => setChanging(true)}>
              {lock.state === 'open' ? 'Encrypt them…' : 'Change the passphrase…'}
            </button>
          )}
        </div>
        {lockNow.problem !== undefined && <Failure problem={lockNow.problem} what="The keys were not locked" />}
      </div>
      {changing && (
        <PassphraseDialog
          onClose={() => {
            setChanging(false)
            onChanged()
          }}
        />
      )}
    </section>
  )
}

/** Takes the passphrase out of the system's keyring again; only where it is in there. */
function ForgetButton(): ReactElement | null {
  const toast = useToast()
  const [remembered, setRemembered] = useState(false)
  useEffect(() => {
    void desktopApi()
      ?.keyring()
      .then((outcome) => outcome.ok && setRemembered(outcome.value.remembered))
  }, [])
  const forget = useAction(async () => {
    const outcome = await desktopApi()?.forgetPassphrase()
    if (outcome?.ok === false) throw new ShoalError(outcome.error.code, outcome.error.message)
    setRemembered(false)
    toast({ tone: 'plain', text: 'The keyring has forgotten the passphrase' })
  })
  if (!remembered) return null
  return (
    <button type="button" className="button" disabled={forget.busy} onClick={() => forget.run()}>
      Forget it in the keyring
    </button>
  )
}

function PassphraseDialog({ onClose }: { readonly onClose: () => void }): ReactElement {
  const client = useClient()
  const toast = useToast()
  const [typed, setTyped] = useState(NOTHING_TYPED)
  const problem = passphraseProblem(typed.passphrase, typed.again)
  const encrypt = useAction(async () => {
    await client?.call('keysLock', { passphrase: typed.passphrase })
    toast({ tone: 'good', text: 'The keys are encrypted' })
    onClose()
  })
  return (
    <ActionDialog
      title="Encrypt the keys of this home"
      action="Encrypt and lock"
      ready={problem === undefined && !encrypt.busy}
      onAction={() => encrypt.run()}
      onClose={onClose}
    >
      <NewPassphrase typed={typed} onChange={setTyped} />
      {encrypt.problem !== undefined && <Failure problem={encrypt.problem} what="The keys were not encrypted" />}
    </ActionDialog>
  )
}
