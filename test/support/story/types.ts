import type { treeOf } from './tree.ts'
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
/** How a story ended, for its test to judge. */
export interface StoryEnd {
  /** Errors and warnings on the console of each window. */
  readonly problems: Readonly<Record<string, readonly string[]>>
  /** What lies on each machine at the end, and what should. */
  readonly trees: Readonly<Record<string, ReturnType<typeof treeOf>>>
  readonly wanted: Readonly<Record<string, ReturnType<typeof treeOf>>>
}

export interface Stage {
  /** A window on the home of a mesh, whose agent runs from then on until the test ends. */
  open(home: string): Promise<StoryWindow>
}
