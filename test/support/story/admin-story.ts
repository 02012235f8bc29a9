import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { shoalJson, statusOf } from '../processes.ts'
import { tempDir } from '../temp-dir.ts'
import { arrived, inviteThrough, revokeThrough } from './access-steps.ts'
import { adminHome, joinAndRun, machine, startMachines, type StoryMachine } from './fleet.ts'
import { PATIENCE } from './limits.ts'
import { play } from './play.ts'
import { publishThrough } from './publish-steps.ts'
import { shot } from './shots.ts'
import { editSite, treeOf, writeSite } from './tree.ts'
import type { Stage } from './types.ts'

const MACHINES = [
  { name: 'oslo-1', site: 'oslo', label: 'role=canary' },
  { name: 'oslo-2', site: 'oslo' },
  { name: 'rome-1', site: 'rome' },
] as const

/** What an admin does with a mesh, from the first release to a machine that leaves; every step through the window, and looked at on the disks. */
export async function adminStory(stage: Stage): Promise<void> {
  const folder = await tempDir()
  const site = join(folder, 'builds', 'site')
  mkdirSync(site, { recursive: true })
  writeSite(site)
  const admin = adminHome(folder, 'admin', [join(folder, 'builds')])
  await shoalJson(admin, 'mesh', 'create', 'north')
  const window = await stage.open(admin)
  const { page } = window
  const machines = await startMachines(folder, admin, MACHINES)
  await play({ admin: window }, async () => {
    await page.getByText('wait for a first release').waitFor()
    await shot(page, 'a-overview')

    await publishThrough(window, {
      folder: site,
      message: 'First',
      name: 'b-first',
      changes: leaveOutTheSecret,
      spread: 'Everybody at once',
      send: 'Sign and send to all (3 hosts)',
      typed: 'web',
    })
    await proved(page, 'web@1', 3)
    await shot(page, 'b-first-6-proved')
    const first = treeOf(site, ['.env'])
    for (const { name, root } of machines) expect(treeOf(root), name).toEqual(first)

    const canary = machines[0]
    if (canary === undefined) throw new Error('no canary')
    editSite(site)
    writeFileSync(canary.sick, '')
    await publishThrough(window, {
      folder: site,
      message: 'Twice the workers',
      name: 'c-second',
      changes: async (shown) => {
        await leaveOutTheSecret(shown)
        await lookAtTheText(shown)
      },
      spread: 'Canaries, a person approves, then all',
      send: 'Sign and send to label:role=canary (1 host)',
    })
    await stuckMendedAndPromoted(page, machines, canary, first)
    const second = treeOf(site, ['.env'])
    for (const { name, root } of machines) expect(treeOf(root), name).toEqual(second)

    await rolledBack(page)
    for (const { name, root } of machines) expect(treeOf(root), name).toEqual(first)

    const lima = machine(folder, 'lima-1')
    await joinAndRun(lima, await inviteThrough(page, lima.name, 'lima'), admin)
    await arrived(page, lima.name)
    expect(treeOf(lima.root)).toEqual(first)
    await revokeThrough(page, lima.name)
    await expect.poll(async () => (await statusOf(lima.home)).self.peers, PATIENCE).toBe(0)

    await publishThrough(window, {
      folder: site,
      message: 'Without lima',
      name: 'i-third',
      changes: leaveOutTheSecret,
      spread: 'Everybody at once',
      send: 'Sign and send to all (3 hosts)',
      typed: 'web',
    })
    await proved(page, 'web@4', 3)
    await shot(page, 'i-third-6-proved')
    for (const { name, root } of machines) expect(treeOf(root), name).toEqual(second)
    expect(treeOf(lima.root)).toEqual(first)
    expect((await statusOf(lima.home)).channels).toMatchObject([{ name: 'web', sequence: 3 }])
    expect(window.problems).toEqual([])
  })
}

async function leaveOutTheSecret(page: Page): Promise<void> {
  const warning = page.getByRole('listitem').filter({ hasText: 'often hold passwords' })
  await warning.getByRole('button', { name: 'Leave out' }).click()
  await page.getByRole('button', { name: 'Read again without 1 pattern' }).click()
  await warning.waitFor({ state: 'detached' })
  await page.getByRole('list', { name: 'Left out' }).getByText('.env', { exact: true }).waitFor()
  await page.getByText(/New content/).waitFor()
}

async function lookAtTheText(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'changed app.json' }).click()
  const change = page.getByRole('region', { name: 'The change', exact: true })
  await change.getByText('"workers": 4,').waitFor()
  await change.getByText('"workers": 8,').waitFor()
}

/** Waits until the window says that every host proved that release, each with the age of what it said. */
async function proved(page: Page, release: string, hosts: number): Promise<void> {
  await page.getByRole('heading', { level: 1, name: release }).waitFor()
  await page.getByText(`All ${hosts} hosts proved it.`).waitFor()
  await page.getByRole('heading', { name: `${hosts} of ${hosts} hosts proved it` }).waitFor()
}

async function stuckMendedAndPromoted(
  page: Page,
  machines: readonly StoryMachine[],
  canary: StoryMachine,
  before: Readonly<Record<string, string>>,
): Promise<void> {
  const row = page.getByRole('row').filter({ hasText: canary.name })
  await row.getByText('rolled back').waitFor()
  await row.getByText('port 8080 does not answer').waitFor()
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

async function rolledBack(page: Page): Promise<void> {
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
