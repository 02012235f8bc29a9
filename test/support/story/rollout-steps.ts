import { rmSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import type { StoryMachine } from './fleet.ts'
import { shot } from './shots.ts'
import { treeOf } from './tree.ts'

/** Waits until the window says that every host proved that release, and when. */
export async function proved(page: Page, release: string, hosts: number): Promise<void> {
  await page.locator('.page-title', { hasText: release }).waitFor()
  const whole = hosts === 1 ? 'Its one host proved it,' : `All ${hosts} hosts proved it, the last one`
  await page.getByText(new RegExp(`${whole} at \\d\\d:\\d\\d`)).waitFor()
  await page.getByRole('heading', { name: new RegExp(`^${hosts} of ${hosts} hosts? proved it`) }).waitFor()
}

/** The first wave's one host is not well with the release: the window says why; it is mended, tries again, and the rest is sent to. */
export async function stuckMendedAndPromoted(
  page: Page,
  machines: readonly StoryMachine[],
  canary: StoryMachine,
  before: Readonly<Record<string, string>>,
): Promise<void> {
  const row = page.getByRole('row').filter({ hasText: canary.name })
  await row.getByText('rolled back').waitFor()
  await row.getByText('the action port-8080 exited with 1: nothing answers').waitFor()
  await shot(page, 'd-1-stuck')
  for (const { name, root } of machines) expect(treeOf(root), name).toEqual(before)

  rmSync(canary.sick)
  await row.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('1 of 1 proved').waitFor()
  await shot(page, 'd-2-mended')
  await page.getByRole('button', { name: 'Send to all others now (2 hosts)' }).click()
  await shot(page, 'd-3-promote')
  await page.getByRole('dialog').getByRole('button', { name: 'Send to all others now (2 hosts)' }).click()
  await proved(page, 'web@2', 3)
  await shot(page, 'd-4-converged')
}

/** Back to release 1, from the rollout's own page. */
export async function rolledBack(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Roll back…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Type web to go on').fill('web')
  await shot(page, 'e-1-roll-back')
  await dialog.getByRole('button', { name: 'Roll 3 hosts back to release 1' }).click()
  await page.getByText('web goes back to release 1, as release 3').waitFor()
  await page.getByText('the content of release 1 again').waitFor()
  await proved(page, 'web@3', 3)
  await shot(page, 'e-3-back')
}
