import { readFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { join, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { app } from './electron.ts'
import { chromiumLink } from './fake/chromium-link.ts'

/** Runs the app of a folder as Electron would: its `main`, evaluated to the end before it becomes ready. */
const ELECTRON = new URL('./electron.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'electron' ? { url: ELECTRON, shortCircuit: true } : next(specifier, context),
})

const folder = resolve(process.argv.slice(2).find((arg) => !arg.startsWith('-')) ?? '.')
const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
const text = (name: string): string => {
  const value: unknown = typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, name) : undefined
  if (typeof value !== 'string') throw new Error(`package.json names no ${name}`)
  return value
}

Reflect.set(process, 'type', 'browser')
Reflect.set(process, 'defaultApp', true)
Reflect.set(process, 'resourcesPath', folder)
app.init({ name: text('name'), version: text('version') })

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, () => app.exit(0))

// Nothing keeps Node.js alive yet: a main module that awaits readiness ends here, with 13, where Electron would hang for ever.
await import(pathToFileURL(join(folder, text('main'))).href)
const { endpoint } = await chromiumLink.start()
process.stderr.write(`DevTools listening on ${endpoint}\n`)
await app.boot()
