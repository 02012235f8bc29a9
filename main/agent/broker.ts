import { ipcMain, MessageChannelMain, type WebContents } from 'electron'
import { isTrustedFrame } from '../windows/policy.ts'
import type { AgentSupervisor } from './supervisor.ts'

/** A page asks twice a second while it has none; one that asks more often than this is not listened to. */
const LEAST_MS = 200

export interface BrokerInit {
  /** The only page that is given a port. */
  readonly contents: () => WebContents | undefined
  readonly origin: string
  /** Milliseconds from any fixed point. */
  readonly now: () => number
}

/** Hands the window its port to the agent: to the top frame of our own page only, and one at a time (CONSOLE-5, SEC-6). */
export function brokerPorts(agent: AgentSupervisor, { contents, origin, now }: BrokerInit): void {
  let lastMs = -LEAST_MS
  ipcMain.on('agent-port-wanted', (event) => {
    const { sender, senderFrame } = event
    if (sender !== contents() || senderFrame === null || !isTrustedFrame(senderFrame, origin)) return
    if (now() - lastMs < LEAST_MS) return
    lastMs = now()
    const { port1, port2 } = new MessageChannelMain()
    // The agent ends the link of the port before it.
    if (agent.serve('window', port1)) senderFrame.postMessage('agent-port', null, [port2])
  })
}
