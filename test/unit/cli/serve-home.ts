import { onTestFinished } from 'vitest'
import { createControlServer } from '../../../node-agent/control/index.ts'
import { createLogger, systemClock } from '../../../node-agent/lifecycle/index.ts'
import type { ControlHandlers } from '../../../protocol/control/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

/** A home on whose socket these handlers answer, as a running agent's would. */
export async function serveHome(handlers: ControlHandlers): Promise<string> {
  const home = await tempDir()
  const log = createLogger({ level: 'error', json: false, clock: systemClock, write: () => undefined })
  const server = createControlServer({ handlers, log }, { home })
  await server.start()
  onTestFinished(() => server.stop())
  return home
}
