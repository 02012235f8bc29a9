import { type ReactElement, useEffect, useRef, useState } from 'react'
import type { MeshCreated } from '../../../protocol/control/window.ts'
import { Icon } from '../../components/icon.tsx'
import { Segments } from '../../components/segments.tsx'
import { CreateMesh } from './create-mesh.tsx'
import { JoinMesh } from './join-mesh.tsx'
import { MeshMade } from './mesh-made.tsx'

/**
 * The first run: this home belongs to no mesh. It makes one, or joins one.
 * @param onBusy told that there is something to be read here before the window goes on, and when that was read
 */
export function Start({ onBusy }: { readonly onBusy: (busy: boolean) => void }): ReactElement {
  const [way, setWay] = useState<'create' | 'join'>('create')
  const [made, setMade] = useState<MeshCreated>()
  const heading = useRef<HTMLHeadingElement>(null)
  // The form that had the focus is gone.
  useEffect(() => {
    if (made !== undefined) heading.current?.focus()
  }, [made])
  return (
    <main className="start">
      <header className="row">
        <span className="start-mark">
          <Icon name="fish" size={30} />
        </span>
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {made === undefined ? 'Welcome to Shoal' : 'The mesh is made'}
          </h1>
          <p className="quiet">
            {made === undefined
              ? 'This home belongs to no mesh yet. Make one, or join one that a colleague has.'
              : 'Before anything else: keep its keys safe.'}
          </p>
        </div>
      </header>
      {made === undefined ? (
        <>
          <Segments
            label="What to do"
            value={way}
            options={[
              { value: 'create', text: 'Create a mesh' },
              { value: 'join', text: 'Join with a ticket' },
            ]}
            onChange={setWay}
          />
          {way === 'create' ? (
            <CreateMesh
              onMade={(mesh) => {
                onBusy(true)
                setMade(mesh)
              }}
            />
          ) : (
            <JoinMesh />
          )}
        </>
      ) : (
        <MeshMade mesh={made} onDone={() => onBusy(false)} />
      )}
    </main>
  )
}
