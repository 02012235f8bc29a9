import type { Page } from 'playwright-core'

/** A place of the console as a person comes to it. */
export interface Place {
  readonly name: string
  readonly hash: string
  /** What is there once it was fed. */
  readonly text: string | RegExp
  /** What is done there before it is looked at. */
  readonly enter?: (page: Page) => Promise<unknown>
}

/** Every page that has an address of its own. */
export const PAGES: readonly Place[] = [
  { name: 'overview', hash: '#/overview', text: 'Hosts by site' },
  { name: 'hosts', hash: '#/hosts?q=-is:current', text: 'ams2-0001' },
  { name: 'host', hash: '#/hosts?q=is:failed&host=ams2-0012', text: 'Peers, as it says' },
  { name: 'rollouts', hash: '#/rollouts', text: 'base-config@17' },
  { name: 'rollout', hash: '#/rollouts/web', text: 'Slowest and stuck' },
  { name: 'releases', hash: '#/releases', text: 'Session limits' },
  { name: 'release', hash: '#/releases/web/42?from=41', text: 'Compared with' },
  { name: 'publish', hash: '#/publish', text: 'builds' },
  { name: 'network', hash: '#/network?from=oslo-0001&to=nyc3-0002', text: 'through a relay' },
  { name: 'alerts', hash: '#/alerts', text: 'Seen, and going on' },
  { name: 'activity', hash: '#/activity', text: 'holds' },
  { name: 'access', hash: '#/access', text: 'Invited, not joined' },
  { name: 'keys', hash: '#/access/keys', text: 'Waiting for signatures' },
  { name: 'settings', hash: '#/settings', text: 'Alerts of this agent' },
]

const click =
  (name: string | RegExp) =>
  (page: Page): Promise<void> =>
    page.getByRole('button', { name }).first().click()

/** The further steps of publishing: each begins where the one before ended. */
export const PUBLISH_STEPS: readonly Place[] = [
  {
    name: 'publish, changes',
    hash: '#/publish/web',
    text: 'builds',
    enter: async (page) => {
      await page.getByRole('button', { name: 'builds', exact: true }).click()
      await click('Choose site')(page)
      await click('Next: what would change')(page)
      await page.getByText('looks like a secret').waitFor()
      await click('changed .env')(page)
      await page.getByText('"workers": 8,').waitFor()
    },
  },
  { name: 'publish, where and how', hash: '#/publish/web', text: '', enter: click('Next: where and how') },
  { name: 'publish, sign', hash: '#/publish/web', text: '', enter: click('Next: sign') },
  {
    name: 'publish, watch',
    hash: '#/publish/web',
    text: '',
    enter: async (page) => {
      await click(/^Sign and send to/)(page)
      await page.getByText('Slowest and stuck').waitFor()
    },
  },
]

const dialog = (name: string, hash: string, text: string, button: string | RegExp): Place => ({
  name,
  hash,
  text,
  enter: async (page) => {
    await click(button)(page)
    await page.getByRole('dialog').waitFor()
  },
})

/** Pages in the middle of something. */
export const AT_WORK: readonly Place[] = [
  {
    name: 'selected hosts',
    hash: '#/hosts?q=-is:current',
    text: 'ams2-0001',
    enter: async (page) => {
      await click(/^Select all/)(page)
      await page.getByText(/hosts selected/).waitFor()
    },
  },
  ...PUBLISH_STEPS,
]

/** Selects what a filter finds, and asks about all of it. */
const bulk = (name: string, button: RegExp): Place => ({
  name,
  hash: '#/hosts?q=is:failed',
  text: 'ams2',
  enter: async (page) => {
    if ((await page.getByRole('group', { name: 'Selected hosts' }).count()) === 0) await click(/^Select all/)(page)
    await click(button)(page)
    await page.getByRole('dialog').waitFor()
  },
})

/** Every kind of question that stands over a page. */
export const DIALOGS: readonly Place[] = [
  bulk('try again', /^Let \d+ try again/),
  bulk('revoke hosts', /^Revoke \d+ hosts?…/),
  {
    name: 'palette',
    hash: '#/settings',
    text: 'Alerts of this agent',
    enter: async (page) => {
      await page.keyboard.press('Control+k')
      await page.getByRole('combobox', { name: 'Search or run anything' }).fill('o')
    },
  },
  {
    name: 'key sheet',
    hash: '#/alerts',
    text: 'Seen, and going on',
    enter: async (page) => {
      await page.keyboard.press('?')
      await page.getByRole('dialog', { name: 'Keys' }).waitFor()
    },
  },
  dialog('pause', '#/rollouts/web', 'Slowest and stuck', 'Pause'),
  dialog('send to all', '#/rollouts/web', 'Slowest and stuck', /^Send to all others now/),
  dialog('roll back', '#/rollouts/web', 'Slowest and stuck', 'Roll back…'),
  dialog('promote', '#/releases/web/42', 'To another channel…', 'To another channel…'),
  dialog('invite', '#/access', 'Invited, not joined', 'Invite a host…'),
  {
    name: 'ticket',
    hash: '#/access',
    text: 'Invited, not joined',
    enter: async (page) => {
      await click('Invite a host…')(page)
      await page.getByLabel('Name of the host').fill('oslo-9')
      await page.getByLabel('Site').fill('oslo')
      await click('Make a ticket for oslo-9')(page)
      await page.getByRole('img', { name: 'QR code of the ticket of oslo-9' }).waitFor()
    },
  },
  dialog('revoke a host', '#/access', 'Invited, not joined', 'Revoke… oslo-0002'),
  dialog('quarantine', '#/access', 'Invited, not joined', 'This is nyc3-0457…'),
  dialog('add a key', '#/access/keys', 'Waiting for signatures', /^Add a key… to publisher/),
  dialog('replace a key', '#/access/keys', 'Waiting for signatures', /^Replace…/),
  dialog('import a step', '#/access/keys', 'Waiting for signatures', 'Import a step…'),
  dialog('a step as text', '#/access/keys', 'Waiting for signatures', 'As text…'),
  dialog('sign a step', '#/access/keys', 'Waiting for signatures', 'Look and sign…'),
  dialog('passphrase', '#/access/keys', 'Waiting for signatures', 'Change the passphrase…'),
]

/** What stands there before there is a mesh. */
export const FIRST_RUN: readonly Place[] = [
  { name: 'create a mesh', hash: '#/', text: 'Create the mesh' },
  { name: 'join a mesh', hash: '#/', text: 'Create the mesh', enter: click('Join with a ticket') },
  {
    name: 'keep its keys',
    hash: '#/',
    text: 'Join the mesh',
    enter: async (page) => {
      await click('Create a mesh')(page)
      await page.getByLabel('Name of the mesh').fill('acme')
      await click('Create the mesh')(page)
      await page.getByLabel('The same again').waitFor()
    },
  },
]

/** Goes there and does what has to be done; whatever stood over the page before is closed. */
export async function goTo(page: Page, { hash, text, enter }: Omit<Place, 'name'>): Promise<void> {
  if (await page.locator('dialog[open]').count()) {
    await page.keyboard.press('Escape')
    await page.locator('dialog[open]').waitFor({ state: 'detached' })
  }
  await page.evaluate((place) => {
    location.hash = place
  }, hash)
  if (text !== '') await page.getByText(text).first().waitFor()
  await enter?.(page)
}
