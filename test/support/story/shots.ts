import { join } from 'node:path'
import type { Page } from 'playwright-core'

/** A picture of the window for whoever works on it: only where SHOAL_SHOTS names a folder for them. */
export async function shot(page: Page, name: string): Promise<void> {
  const folder = process.env['SHOAL_SHOTS']
  if (folder !== undefined && folder !== '') await page.screenshot({ path: join(folder, `story-${name}.png`) })
}
