import type { Page } from 'playwright-core'
import { goTo } from './publish-steps.ts'
import { shot } from './shots.ts'

/** Invites a host through the window; the line that the window shows, once. */
export async function inviteThrough(page: Page, host: string, site: string): Promise<string> {
  await goTo(page, 'Keys & access')
  await page.getByRole('button', { name: 'Invite a host…' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Name of the host').fill(host)
  await dialog.getByLabel('Site').fill(site)
  await shot(page, 'f-1-invite')
  await dialog.getByRole('button', { name: `Make a ticket for ${host}` }).click()
  await dialog.getByRole('img', { name: `QR code of the ticket of ${host}` }).waitFor()
  const line = await dialog.getByText(/^shoal join shoal1/).innerText()
  await shot(page, 'f-2-ticket')
  await dialog.getByRole('button', { name: 'Done' }).click()
  await page.getByRole('row').filter({ hasText: host }).waitFor()
  await shot(page, 'f-3-pending')
  return line
}

/** Waits until a host that was invited is there, and has what its channel says. */
export async function arrived(page: Page, host: string): Promise<void> {
  await page
    .getByRole('region', { name: /^Members/ })
    .getByRole('row')
    .filter({ hasText: host })
    .filter({ hasText: /(?<!not )connected/ })
    .waitFor()
  await shot(page, 'g-1-member')
  await goTo(page, 'Hosts')
  await page.getByRole('row').filter({ hasText: host }).filter({ hasText: 'current' }).waitFor()
  await page.getByRole('complementary', { name: 'Facets' }).getByRole('button', { name: /^lima/ }).waitFor()
  await shot(page, 'g-2-hosts')
  await page.getByRole('link', { name: host }).click()
  await page
    .getByRole('complementary', { name: `Host ${host}` })
    .getByText('Proved')
    .waitFor()
  await shot(page, 'g-3-host')
}

/** Takes a host out of the mesh: what that would do is shown before it can be done. */
export async function revokeThrough(page: Page, host: string): Promise<void> {
  await goTo(page, 'Keys & access')
  await page.getByRole('button', { name: `Revoke… ${host}` }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByText(`${host} (connected)`).waitFor()
  await dialog.getByText('gets no release of web').waitFor()
  await dialog.getByLabel('Reason, for the record').fill('Sold')
  await shot(page, 'h-1-revoke')
  await dialog.getByRole('button', { name: `Revoke ${host} (1 machine)` }).click()
  await page.getByText(`${host} is revoked`).waitFor()
  await page.getByText('1 revoked host').waitFor()
  await page
    .getByRole('region', { name: /^Members/ })
    .getByRole('row')
    .filter({ hasText: host })
    .waitFor({ state: 'detached' })
  await shot(page, 'h-2-revoked')
}
