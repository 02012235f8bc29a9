import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CHECKOUT } from './built-app.ts'

/** The real Electron of this machine: `ELECTRON_BIN`, or one that `npx install-electron` fetched. Asking the package for its path would fetch it. */
function realElectron(): string | undefined {
  const named = process.env['ELECTRON_BIN']
  if (named !== undefined && named !== '') return named
  const folder = join(CHECKOUT, 'node_modules/electron')
  const pathFile = join(folder, 'path.txt')
  const path = existsSync(pathFile) ? join(folder, 'dist', readFileSync(pathFile, 'utf8')) : undefined
  return path !== undefined && existsSync(path) ? path : undefined
}

export const REAL_ELECTRON = realElectron()
export const IS_REAL = REAL_ELECTRON !== undefined
/** For the titles of tests and the summary: which of the two ran. */
export const RUNNER = IS_REAL ? 'in a real Electron' : 'in the test host, no real Electron here'
