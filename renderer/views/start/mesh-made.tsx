import { type ReactElement, useState } from 'react'
import type { MeshCreated } from '../../../protocol/control/window.ts'
import { CopyButton } from '../../components/copy-button.tsx'
import { NewPassphrase, NOTHING_TYPED } from '../../components/new-passphrase.tsx'
import { Failure } from '../../components/notice.tsx'
import { Foreign } from '../../components/values.tsx'
import { useAction, useClient, useShared } from '../../state/hooks.ts'
import { passphraseProblem } from '../../state/passphrase.ts'

/** What was made, and the one thing to do before going on: keys lie unencrypted until they have a passphrase. */
export function MeshMade({ mesh, onDone }: { readonly mesh: MeshCreated; readonly onDone: () => void }): ReactElement {
  const client = useClient()
  const { session } = useShared()
  const [typed, setTyped] = useState(NOTHING_TYPED)
  const problem = passphraseProblem(typed.passphrase, typed.again)
  const lock = useAction(async () => {
    await client?.call('keysLock', { passphrase: typed.passphrase })
    session.nudge()
    onDone()
  })
  return (
    <form
      className="panel start-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (problem === undefined) lock.run()
      }}
    >
      <dl className="facts">
        <dt>Mesh</dt>
        <dd>
          <Foreign text={mesh.name} />
        </dd>
        <dt>Root fingerprint</dt>
        <dd className="mono break">{mesh.rootFingerprint}</dd>
      </dl>
      <div>
        <CopyButton text={mesh.rootFingerprint} what="fingerprint" />
      </div>
      <p>
        Write the fingerprint down where colleagues find it: it is how a machine knows that it joined this mesh and no
        other. The keys lie in this home; encrypt them, so that a copy of the disk cannot publish.
      </p>
      <NewPassphrase typed={typed} onChange={setTyped} />
      {lock.problem !== undefined && <Failure problem={lock.problem} what="The keys were not encrypted" />}
      <div className="row">
        <button
          type="submit"
          className="button primary"
          disabled={problem !== undefined || lock.busy || client === undefined}
        >
          {lock.busy ? 'Encrypting…' : 'Encrypt the keys and go on'}
        </button>
        <button type="button" className="button plain" onClick={onDone}>
          Go on without a passphrase
        </button>
      </div>
    </form>
  )
}
