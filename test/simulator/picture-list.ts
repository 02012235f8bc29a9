import type { Page } from 'playwright-core'
import type { Place } from '../support/console/pages.ts'

/** A place of the console as the guide shows it. */
export interface Picture extends Place {
  /** Only this part of the page. */
  readonly of?: string
}

const DIALOG = 'dialog[open]'

export const PICTURES: readonly Picture[] = [
  { name: 'overview', hash: '#/overview', text: 'Hosts by site' },
  { name: 'rollout', hash: '#/rollouts/web', text: 'Slowest and stuck' },
  {
    name: 'roll-back',
    hash: '#/rollouts/web',
    text: 'Slowest and stuck',
    enter: async (page) => {
      await page.getByRole('button', { name: 'Roll back…' }).click()
      await page.getByText(/get the content of release/).waitFor()
    },
    of: DIALOG,
  },
  { name: 'hosts', hash: '#/hosts?q=is:failed,rolled-back,refused,held', text: 'Heard', enter: openFirst },
  { name: 'publish', hash: '#/publish', text: 'builds', enter: lookAtChanges },
  { name: 'network', hash: '#/network', text: 'Links between sites' },
  { name: 'access', hash: '#/access', text: /^Members/ },
  { name: 'ticket', hash: '#/access', text: /^Members/, enter: invite, of: DIALOG },
  {
    name: 'revoke',
    hash: '#/access',
    text: /^Members/,
    enter: async (page) => {
      await page.getByRole('button', { name: 'Revoke… ams2-0002' }).click()
      await page
        .getByText(/would be/)
        .first()
        .waitFor()
      await page.getByLabel('Reason, for the record').fill('Laptop was lost')
    },
    of: DIALOG,
  },
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

async function invite(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Invite a host…' }).click()
  await page.getByLabel('Name of the host').fill('oslo-0200')
  await page.getByLabel('Site').fill('oslo')
  await page.getByLabel('Labels').fill('role=web')
  await page.getByRole('button', { name: 'Make a ticket for oslo-0200' }).click()
  await page.getByRole('img', { name: 'QR code of the ticket of oslo-0200' }).waitFor()
}
