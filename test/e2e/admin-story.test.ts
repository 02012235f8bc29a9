import { expect, test } from 'vitest'
import { adminStory } from '../support/story/admin-story.ts'
import { browserStage } from '../support/story/browser-stage.ts'
import { STORY_MS } from '../support/story/limits.ts'
import { twoConsoles } from '../support/story/two-consoles.ts'

test(
  'STORY-1 in a browser, an admin publishes in waves, mends a host that is stuck, promotes, rolls back, invites a host and revokes it',
  { timeout: STORY_MS },
  async () => {
    const { problems, trees, wanted } = await adminStory(browserStage())
    expect(trees).toEqual(wanted)
    expect(problems).toEqual({ admin: [] })
  },
)

test(
  'STORY-3 with two windows on two homes, a release is proposed in one and signed in the other',
  { timeout: STORY_MS },
  async () => {
    const { problems, trees, wanted } = await twoConsoles(browserStage())
    expect(trees).toEqual(wanted)
    expect(problems).toEqual({ ann: [], bob: [] })
  },
)
