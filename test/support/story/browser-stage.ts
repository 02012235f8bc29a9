import { basename, dirname } from 'node:path'
import type { Browser } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { builtApp } from '../built-app.ts'
import { launchChromium } from '../chromium.ts'
import { startAgent } from '../processes.ts'
import { startWeb } from '../web-process.ts'
import { PATIENCE_MS, SIZE } from './limits.ts'
import type { Stage } from './types.ts'

/** Windows in a real Chromium on `shoal web`, which joins the agent that runs on the home. */
export function browserStage(): Stage {
  let browser: Promise<Browser> | undefined
  const launch = async (): Promise<Browser> => {
    const launched = await launchChromium()
    onTestFinished(() => launched.close())
    return launched
  }
  return {
    open: async (home) => {
      await builtApp()
      await startAgent(home)
      const { url } = await startWeb(home)
      browser ??= launch()
      const context = await (await browser).newContext({ viewport: SIZE, locale: 'en-GB' })
      const page = await context.newPage()
      page.setDefaultTimeout(PATIENCE_MS)
      const problems: string[] = []
      page.on('pageerror', (err) => problems.push(String(err)))
      page.on('console', (message) => {
        if (message.type() === 'error' || message.type() === 'warning') problems.push(message.text())
      })
      await page.goto(url)
      return {
        page,
        problems,
        chooseFolder: async (path) => {
          await page.getByRole('button', { name: basename(dirname(path)), exact: true }).click()
          await page.getByRole('button', { name: `Choose ${basename(path)}` }).click()
        },
      }
    },
  }
}
