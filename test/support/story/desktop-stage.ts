import { onTestFinished } from 'vitest'
import { startDesktop } from '../desktop.ts'
import { askDesktop } from '../desktop-page.ts'
import { until } from '../test-mesh.ts'
import { PATIENCE_MS } from './limits.ts'
import type { Stage } from './types.ts'

/** An app that closes waits for its agent to stop in order. */
const CLOSE_MS = 30_000

/** Windows of the desktop app, whose own process runs the agent; folders come from its dialog, which a person has answered. */
export function desktopStage(): Stage {
  return {
    open: async (home) => {
      const desktop = await startDesktop({ home })
      onTestFinished(() => desktop[Symbol.asyncDispose](), CLOSE_MS)
      const { app, page } = desktop
      page.setDefaultTimeout(PATIENCE_MS)
      await until('the agent runs', async () => {
        const state = Object(await askDesktop(page, 'agentState'))
        return state.value?.phase === 'running'
      })
      return {
        page,
        problems: desktop.complaints,
        chooseFolder: async (path) => {
          await app.evaluate(({ dialog }, chosen) => {
            dialog.showOpenDialog = async () => ({ canceled: false, filePaths: [chosen] })
          }, path)
          await page.getByRole('button', { name: /^Choose (a|another) folder…/ }).click()
          await page.getByText(path, { exact: true }).waitFor()
        },
      }
    },
  }
}
