import type { Page } from 'playwright-core'
import { shot } from './shots.ts'
import type { StoryWindow } from './types.ts'

/** Goes to a page by its name in the rail. */
export const goTo = (page: Page, name: string): Promise<void> =>
  page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name }).click()

export interface Publishing {
  readonly folder: string
  readonly message: string
  /** Names of pictures begin so. */
  readonly name: string
  /** On the page of changes, before it goes on. */
  readonly changes?: (page: Page) => Promise<void>
  /** The choice of that name on the page of waves. */
  readonly spread: string
  /** How many signatures it says it takes. */
  readonly signatures?: string
  /** What the button that signs says. */
  readonly send: string
  /** Typed before it is sent, where that is asked for. */
  readonly typed?: string
}

/** The way of a release through the publish page: folder, changes, waves, signature. */
export async function publishThrough(window: StoryWindow, how: Publishing): Promise<void> {
  const { page } = window
  const another = page.getByRole('button', { name: 'Publish another' })
  if (await another.isVisible()) await another.click()
  else await goTo(page, 'Publish')
  await window.chooseFolder(how.folder)
  const known = page.getByRole('radio', { name: /^web/ })
  if (await known.isVisible()) await known.check()
  else await page.getByLabel('Name of the channel').fill('web')
  await shot(page, `${how.name}-1-folder`)
  await page.getByRole('button', { name: 'Next: what would change' }).click()
  await page.getByText(/New content/).waitFor()
  await how.changes?.(page)
  await shot(page, `${how.name}-2-changes`)
  await page.getByRole('button', { name: 'Next: where and how' }).click()
  await page.getByRole('button', { name: how.spread }).click()
  await page.getByText(/ha(s|ve) the channel as a target/).waitFor()
  await shot(page, `${how.name}-3-waves`)
  await page.getByRole('button', { name: 'Next: sign' }).click()
  await page.getByRole('textbox', { name: /^Message/ }).fill(how.message)
  await page.getByText(how.signatures ?? 'one is enough').waitFor()
  const send = page.getByRole('button', { name: how.send, exact: true })
  await send.waitFor()
  await shot(page, `${how.name}-4-sign`)
  await send.click()
  if (how.typed !== undefined) {
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('textbox').fill(how.typed)
    await shot(page, `${how.name}-5-typed`)
    await dialog.getByRole('button', { name: how.send, exact: true }).click()
  }
}

/** The window warns of it; it is left out, and the window says so. */
export async function leaveOutTheSecret(page: Page): Promise<void> {
  const warning = page.getByRole('listitem').filter({ hasText: 'often hold passwords' })
  await warning.getByRole('button', { name: 'Leave out' }).click()
  await page.getByRole('button', { name: 'Read again without 1 pattern' }).click()
  await warning.waitFor({ state: 'detached' })
  await page.getByRole('list', { name: 'Left out' }).getByText('.env', { exact: true }).waitFor()
  await page.getByText(/New content/).waitFor()
}

/** The changed setting, line by line. */
export async function lookAtTheText(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'changed app.json' }).click()
  const change = page.getByRole('region', { name: 'The change', exact: true })
  await change.getByText('"workers": 4,').waitFor()
  await change.getByText('"workers": 8,').waitFor()
}
