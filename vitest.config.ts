import { defineConfig } from 'vitest/config'

export default defineConfig({
  // The package of that name would fetch a browser of 100 MB when it is imported.
  resolve: { alias: { electron: new URL('test/host/electron.ts', import.meta.url).pathname } },
  test: { include: ['test/**/*.test.ts'], testTimeout: 30_000, globalSetup: 'test/support/which-electron.ts' },
})
