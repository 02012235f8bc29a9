import type { Page } from 'playwright-core'

/** A console's window on one home. */
export interface StoryWindow {
  readonly page: Page
  /** Errors of the page and of its console; a story expects none. */
  readonly problems: readonly string[]
  /** On the publish page: chooses that folder as a person does in this window. */
  chooseFolder(path: string): Promise<void>
}

/** Where a story is played: a browser with `shoal web`, or the desktop app. */
export interface Stage {
  /** A window on the home of a mesh, whose agent runs from then on until the test ends. */
  open(home: string): Promise<StoryWindow>
}
