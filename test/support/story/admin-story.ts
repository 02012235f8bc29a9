import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { shoalJson, statusOf } from '../processes.ts'
import { tempDir } from '../temp-dir.ts'
import { arrived, inviteThrough, revokeThrough } from './access-steps.ts'
import { adminHome, joinAndRun, machine, startMachines } from './fleet.ts'
import { PATIENCE } from './limits.ts'
import { play } from './play.ts'
import { leaveOutTheSecret, lookAtTheText, publishThrough } from './publish-steps.ts'
import { proved, rolledBack, stuckMendedAndPromoted } from './rollout-steps.ts'
import { shot } from './shots.ts'
import { editSite, treeOf, writeSite } from './tree.ts'
import type { Stage, StoryEnd } from './types.ts'

const MACHINES = [
  { name: 'oslo-1', site: 'oslo', label: 'role=canary' },
  { name: 'oslo-2', site: 'oslo' },
  { name: 'rome-1', site: 'rome' },
] as const

/** What an admin does with a mesh, from the first release to a machine that leaves; every step through the window, and looked at on the disks. */
export async function adminStory(stage: Stage): Promise<StoryEnd> {
  const folder = await tempDir()
  const site = join(folder, 'builds', 'site')
  mkdirSync(site, { recursive: true })
  writeSite(site)
  const admin = adminHome(folder, 'admin', [join(folder, 'builds')])
  await shoalJson(admin, 'mesh', 'create', 'north')
  const window = await stage.open(admin)
  const { page } = window
  const machines = await startMachines(folder, admin, MACHINES)
  return play({ admin: window }, async () => {
    await page.getByRole('heading', { name: '3 hosts wait for a first release' }).waitFor()
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
    await joinAndRun(lima, await inviteThrough(page, lima.name, 'lima'))
    await arrived(page, lima.name)
    expect(treeOf(lima.root)).toEqual(first)
    await revokeThrough(page, lima.name)
    await expect.poll(async () => (await statusOf(lima.home)).self.peers, PATIENCE).toBe(0)

    writeFileSync(join(site, 'pages', 'index.html'), '<p>The newest page</p>\n')
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
    const third = treeOf(site, ['.env'])
    expect((await statusOf(lima.home)).channels).toMatchObject([{ name: 'web', sequence: 3 }])
    return {
      problems: { admin: window.problems },
      trees: Object.fromEntries([...machines, lima].map(({ name, root }) => [name, treeOf(root)])),
      wanted: { ...Object.fromEntries(machines.map(({ name }) => [name, third])), [lima.name]: first },
    }
  })
}
