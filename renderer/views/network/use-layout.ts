import { useEffect, useRef, useState } from 'react'
import type { LayoutInput, Point } from '../../state/layout.ts'
import { TrustedWorker as Worker } from './trusted-worker.ts'

/** The places of a network's nodes, laid out in a worker; those of the last one until the next are there. */
export function useLayout(input: LayoutInput): readonly Point[] | undefined {
  const [points, setPoints] = useState<readonly Point[]>()
  const worker = useRef<Worker['worker']>(undefined)
  const key = JSON.stringify(input)
  useEffect(() => {
    worker.current ??= new Worker(new URL('./layout-worker.ts', import.meta.url), {
      type: 'module',
      name: 'layout',
    }).worker
    const current = worker.current
    const take = (event: MessageEvent<readonly Point[]>): void => setPoints(event.data)
    current.addEventListener('message', take, { once: true })
    current.postMessage(input)
    return () => current.removeEventListener('message', take)
  }, [key])
  useEffect(
    () => () => {
      worker.current?.terminate()
      worker.current = undefined
    },
    [],
  )
  return points
}
