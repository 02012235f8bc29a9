import type { Link } from './link.ts'

/** Passes frames on between two links until one of them closes; then the other one is closed. A frame that cannot cross destroys both. */
export function joinLinks(a: Link, b: Link): void {
  const pass = (from: Link, to: Link): void =>
    from.start({
      onFrame: (frame) => {
        try {
          to.send(frame)
        } catch {
          from.destroy()
          to.destroy()
        }
      },
      onClose: () => to.close(),
    })
  pass(a, b)
  pass(b, a)
}
