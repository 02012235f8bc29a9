import { layOut, type LayoutInput } from '../../state/layout.ts'

/** Runs in a worker of its own, so that no layout of a large mesh makes the window wait. */
self.addEventListener('message', (event: MessageEvent<LayoutInput>) => self.postMessage(layOut(event.data)))
