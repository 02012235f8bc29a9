import { MessageChannelMain } from 'electron'
import { type ControlClient, createControlClient, emitterPort, portLink } from '../../protocol/control/window.ts'
import type { AgentSupervisor } from '../agent/supervisor.ts'

/** The main process's own link to the agent, for what the desktop shows outside the window; undefined while the agent is not there. */
export function connectToAgent(agent: AgentSupervisor): ControlClient | undefined {
  const { port1, port2 } = new MessageChannelMain()
  return agent.serve('shell', port1) ? createControlClient(portLink(emitterPort(port2))) : undefined
}
