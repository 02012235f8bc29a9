import { type ReactElement, useState } from 'react'
import type { MeshCreated } from '../../../protocol/control/window.ts'
import { TextField } from '../../components/field.tsx'
import { Failure } from '../../components/notice.tsx'
import { useAction, useClient } from '../../state/hooks.ts'

/** Makes root, publisher and enroller keys in this home. */
export function CreateMesh({ onMade }: { readonly onMade: (mesh: MeshCreated) => void }): ReactElement {
  const client = useClient()
  const [name, setName] = useState('')
  const create = useAction(async () => {
    if (client !== undefined) onMade(await client.call('meshCreate', { name: name.trim() }))
  })
  return (
    <form
      className="panel start-form"
      onSubmit={(event) => {
        event.preventDefault()
        if (name.trim() !== '') create.run()
      }}
    >
      <p>
        You become its first admin: the keys that publish releases, invite hosts and change who may do what are made in
        this home, and never leave it.
      </p>
      <TextField
        label="Name of the mesh"
        value={name}
        onChange={setName}
        placeholder="acme"
        autoFocus
        hint="For people only; it can be anything."
      />
      {create.problem !== undefined && <Failure problem={create.problem} what="No mesh was made" />}
      <div className="row">
        <button
          type="submit"
          className="button primary"
          disabled={name.trim() === '' || create.busy || client === undefined}
        >
          {create.busy ? 'Making keys…' : 'Create the mesh'}
        </button>
      </div>
    </form>
  )
}
