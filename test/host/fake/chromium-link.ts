import { startChromium, type RunningChromium } from '../chromium.ts'
import { startProxy } from './session.ts'

let starting: Promise<RunningChromium> | undefined
let running: RunningChromium | undefined

/** The one Chromium of this process, started when it is first wanted. */
export const chromiumLink = {
  start: (): Promise<RunningChromium> => {
    starting ??= startProxy()
      .then(({ port }) => startChromium(port))
      .then((started) => (running = started))
    return starting
  },
  stop: async (): Promise<void> => running?.close(),
}
