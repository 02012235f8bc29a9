export { DesktopAgent, type DesktopAgentDeps, type OpenHome } from './desktop-agent.ts'
export { parentPortOf } from './parent-port.ts'
