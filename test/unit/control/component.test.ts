import { connectControl, type ControlServer, createControlServer } from '../../../node-agent/control/index.ts'
import { createLogger, systemClock } from '../../../node-agent/lifecycle/index.ts'
import { componentSuite } from '../../compliance/component.ts'
import { fakeHandlers } from '../../support/fake-handlers.ts'
import { tempDir } from '../../support/temp-dir.ts'

const log = createLogger({ level: 'error', json: false, clock: systemClock, write: () => undefined })
const homes = new Map<unknown, string>()

componentSuite('control server', {
  create: async (): Promise<ControlServer> => {
    const home = await tempDir()
    const server = createControlServer({ handlers: fakeHandlers(), log }, { home })
    homes.set(server, home)
    return server
  },
  working: async (server) => {
    const client = await connectControl(homes.get(server) ?? '')
    const status = await client?.call('status', {})
    await client?.close()
    return status !== undefined
  },
})
