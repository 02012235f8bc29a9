import { Component, type ReactNode } from 'react'
import { showText } from '../state/text.ts'
import { Icon } from './icon.tsx'

interface BoundaryProps {
  /** Another key is another page: what broke is not shown for it. */
  readonly children: ReactNode
}

/** A page that breaks says so and leaves the others alone; nothing at the agent is touched by it. */
export class Boundary extends Component<BoundaryProps, { readonly error: Error | undefined }> {
  override readonly state: { readonly error: Error | undefined } = { error: undefined }

  static getDerivedStateFromError(error: Error): { readonly error: Error } {
    return { error }
  }

  override render(): ReactNode {
    const { error } = this.state
    if (error === undefined) return this.props.children
    return (
      <div className="empty" role="alert">
        <Icon name="warn" size={22} />
        <h1 className="strong">This page broke</h1>
        <p className="quiet break">{showText(error.message, { max: 400 })}</p>
        <p>Nothing in the mesh was changed by it. Other pages go on.</p>
        <button type="button" className="button" onClick={() => this.setState({ error: undefined })}>
          Show it again
        </button>
      </div>
    )
  }
}
