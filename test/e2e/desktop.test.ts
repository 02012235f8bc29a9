import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { builtApp } from '../support/built-app.ts'
import { RUNNER, startDesktop } from '../support/desktop.ts'

const LAUNCH_MS = 60_000

beforeAll(builtApp, LAUNCH_MS)
afterAll(() => console.log(`\n>>> desktop app: these tests ran ${RUNNER.toUpperCase()} <<<\n`))

describe(`desktop app, ${RUNNER}`, () => {
  test(
    'HOST-3 the built app opens its page, and the page speaks to the agent through its port',
    async () => {
      await using desktop = await startDesktop()
      await desktop.page.getByRole('heading', { name: 'Welcome to Shoal' }).waitFor()
      expect(await desktop.app.evaluate(({ app }) => app.getName())).toBe('shoal')
    },
    LAUNCH_MS,
  )
})
