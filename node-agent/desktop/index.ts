export { DesktopAgent, type DesktopAgentDeps, type OpenHome } from './desktop-agent.ts'
export { FolderGrants } from './folder-grants.ts'
export { parentPortOf } from './parent-port.ts'
