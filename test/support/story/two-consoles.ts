import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { shoalJson } from '../processes.ts'
import { tempDir } from '../temp-dir.ts'
import { adminHome, joinBy, startMachines } from './fleet.ts'
import { play } from './play.ts'
import { goTo, leaveOutTheSecret, publishThrough } from './publish-steps.ts'
import { proved } from './rollout-steps.ts'
import { shot } from './shots.ts'
import { treeOf, writeSite } from './tree.ts'
import type { Stage, StoryEnd } from './types.ts'

const ROLE = 'publisher of every channel'

/** Two admins, of whom none can publish alone: one makes the other a publisher, proposes a release, and the other one signs it. */
export async function twoConsoles(stage: Stage): Promise<StoryEnd> {
  const folder = await tempDir()
  const site = join(folder, 'builds', 'site')
  mkdirSync(site, { recursive: true })
  writeSite(site)
  const homes = { ann: adminHome(folder, 'ann', [join(folder, 'builds')]), bob: adminHome(folder, 'bob') }
  await shoalJson(homes.ann, 'mesh', 'create', 'north')
  const ann = await stage.open(homes.ann)
  const { ticket } = await shoalJson<{ ticket: string }>(homes.ann, 'mesh', 'invite', 'bob', '--site', 'oslo')
  await joinBy(homes.bob, `shoal join ${ticket}`)
  const bob = await stage.open(homes.bob)
  const [host] = await startMachines(folder, homes.ann, [{ name: 'oslo-1', site: 'oslo' }])
  if (host === undefined) throw new Error('no machine')
  return play({ ann, bob }, async () => {
    const key = await makeKey(bob.page)
    await addPublisher(ann.page, key)
    await askForTwo(ann.page)
    await bob.page.getByText('2 of 2 must sign').waitFor()
    await shot(bob.page, 'k-4-bob-sees')

    await publishThrough(ann, {
      folder: site,
      message: 'First, by two',
      name: 'l-proposed',
      changes: leaveOutTheSecret,
      spread: 'Everybody at once',
      signatures: '2 of 2 publishers',
      send: 'Sign and propose (1 of 2 signatures)',
    })
    await ann.page.getByText('web@1 is proposed.').waitFor()
    await shot(ann.page, 'l-proposed-5-waits')
    expect(treeOf(host.root)).toEqual({})

    await approve(bob.page)
    await proved(ann.page, 'web@1', 1)
    await shot(ann.page, 'm-3-ann-proved')
    await goTo(bob.page, 'Rollouts')
    await bob.page.getByRole('link', { name: 'web@1' }).click()
    await proved(bob.page, 'web@1', 1)
    await shot(bob.page, 'm-4-bob-proved')
    return {
      problems: { ann: ann.problems, bob: bob.problems },
      trees: { [host.name]: treeOf(host.root) },
      wanted: { [host.name]: treeOf(site, ['.env']) },
    }
  })
}

async function openKeys(page: Page): Promise<void> {
  await goTo(page, 'Keys & access')
  await page.getByRole('link', { name: /^Keys & roles/ }).click()
}

/** A console that can only watch makes a key of its own; the public half, as it is shown. */
async function makeKey(page: Page): Promise<string> {
  await openKeys(page)
  await page.getByText('This console can only watch').waitFor()
  await shot(page, 'k-1-bob-watches')
  const own = page.getByRole('region', { name: 'Keys in this home' })
  await own.getByRole('button', { name: 'publisher' }).click()
  await own.getByText('in no role yet').waitFor()
  const key = await own.getByTitle(/^[0-9a-f]{64}$/).getAttribute('title')
  if (key === null) throw new Error('the key is not shown')
  return key
}

async function addPublisher(page: Page, key: string): Promise<void> {
  await openKeys(page)
  await page.getByRole('button', { name: `Add a key… to ${ROLE}` }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Public key').fill(key)
  await dialog.getByLabel('Who has it').fill('Bob')
  await dialog.getByText(`${ROLE}: 1 of 2 keys must sign`).waitFor()
  await shot(page, 'k-2-ann-adds')
  await dialog.getByRole('button', { name: 'Sign: root 2 comes into force' }).click()
  await page.getByText('Root 2 is in force').waitFor()
}

async function askForTwo(page: Page): Promise<void> {
  await page.getByRole('button', { name: `Change… how many must sign as ${ROLE}` }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Of 2 keys, how many must sign').fill('2')
  await dialog.getByText(`${ROLE}: 2 of 2 keys must sign, before it was 1`).waitFor()
  await shot(page, 'k-3-ann-two')
  await dialog.getByRole('button', { name: 'Sign: root 3 comes into force' }).click()
  await page.getByText('Root 3 is in force').waitFor()
}

/** The other publisher finds what waits, looks at it, and signs. */
async function approve(page: Page): Promise<void> {
  await page.getByRole('heading', { name: 'Waiting for signatures (1)' }).waitFor()
  await page.getByText('First, by two').waitFor()
  await shot(page, 'm-1-bob-waits')
  await page.getByRole('button', { name: 'Look and sign…' }).click()
  const sign = page.getByRole('dialog').getByRole('button', { name: 'Sign: Release web@1 comes into force' })
  await sign.waitFor()
  await page.getByRole('dialog').getByText('to every host at once').waitFor()
  await page.getByRole('dialog').getByText('1 host begins as soon as it hears of it.').waitFor()
  await page.getByLabel('Type web to go on').fill('web')
  await shot(page, 'm-2-bob-looks')
  await sign.click()
  await page.getByText('Release web@1 is in force').waitFor()
}
