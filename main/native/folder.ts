import { basename, isAbsolute } from 'node:path'
import { app, type BrowserWindow, dialog } from 'electron'
import type { ChosenFolder } from '../../protocol/console/index.ts'
import type { AgentSupervisor } from '../agent/supervisor.ts'

/**
 * The system's folder dialog. What a person chooses goes to the agent, and the window gets an id for it: it can publish that folder and no other
 * (SEC-6). Null when it was cancelled.
 * @throws AGENT_UNREACHABLE
 */
export async function chooseFolder(window: BrowserWindow, agent: AgentSupervisor): Promise<ChosenFolder | null> {
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    title: 'Folder to publish',
    buttonLabel: 'Choose',
    defaultPath: app.getPath('home'),
    properties: ['openDirectory'],
  })
  const [path] = filePaths
  if (canceled || path === undefined || !isAbsolute(path)) return null
  const { id } = await agent.grant(path)
  return { id, name: basename(path), path }
}
