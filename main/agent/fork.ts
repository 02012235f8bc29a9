import { utilityProcess } from 'electron'
import type { AgentProcess } from './supervisor.ts'

/** The node agent's own entry in a process of Electron that has no window. */
export function forkAgent(entry: string, home: string | undefined): AgentProcess {
  const args = home === undefined ? [] : ['--home', home]
  return utilityProcess.fork(entry, args, { serviceName: 'shoal-agent', stdio: 'inherit' })
}
