import { describe, expect, test } from 'vitest'
import { RUNNER } from '../support/real-electron.ts'
import { adminStory } from '../support/story/admin-story.ts'
import { desktopStage } from '../support/story/desktop-stage.ts'
import { STORY_MS } from '../support/story/limits.ts'

describe(`desktop app, an admin’s story, ${RUNNER}`, () => {
  test('STORY-2 what an admin does in a browser, in the desktop app', { timeout: STORY_MS }, async () => {
    const { problems, trees, wanted } = await adminStory(desktopStage())
    expect(trees).toEqual(wanted)
    expect(problems).toEqual({ admin: [] })
  })
})
