import type { Page } from 'playwright-core'

/** A page of the console as the guide shows it. */
export interface Picture {
  readonly name: string
  readonly place: string
  /** Until the page shows what the picture is of. */
  readonly until: (page: Page) => Promise<void>
}

/** Waits until a text is there. */
export const shows = (text: string | RegExp) => (page: Page) => page.getByText(text).first().waitFor()

export const PICTURES: readonly Picture[] = [
  { name: 'overview', place: '#/overview', until: shows('Hosts by site') },
  { name: 'rollout', place: '#/rollouts/web', until: shows('Slowest and stuck') },
  { name: 'hosts', place: '#/hosts?q=is:failed,rolled-back,refused,held', until: openFirst },
  { name: 'publish', place: '#/publish', until: lookAtChanges },
  { name: 'network', place: '#/network', until: shows('Links between sites') },
  { name: 'access', place: '#/access', until: shows(/^Members/) },
]

async function openFirst(page: Page): Promise<void> {
  await page.getByRole('row').nth(1).getByRole('link').first().click()
  await page.getByRole('complementary', { name: /^Host / }).waitFor()
}

async function lookAtChanges(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'builds', exact: true }).click()
  await page.getByRole('button', { name: 'Choose web', exact: true }).click()
  await page.getByRole('radio', { name: /^web/ }).check()
  await page.getByRole('button', { name: 'Next: what would change' }).click()
  await page.getByText(/New content/).waitFor()
  await page.getByRole('button', { name: 'changed web.json' }).click()
  await page.getByRole('region', { name: 'The change', exact: true }).getByText('"').first().waitFor()
}
