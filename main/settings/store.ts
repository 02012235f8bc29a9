import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { DEFAULT_SETTINGS, type Settings, settingsSchema } from './schema.ts'

/** Moving a window changes its place a hundred times: written once it rests. */
const REST_MS = 500

export interface SettingsDeps {
  /** Told what could not be read or written; settings then last as long as the app runs. */
  readonly onProblem: (what: string, cause: unknown) => void
}

/** The settings file, read once and written as a whole: whoever reads it finds the old or the new one (DESK-8). */
export class SettingsStore {
  readonly #deps: SettingsDeps
  readonly #path: string
  #value: Settings
  #timer: NodeJS.Timeout | undefined

  constructor(deps: SettingsDeps, path: string) {
    this.#deps = deps
    this.#path = path
    this.#value = DEFAULT_SETTINGS
  }

  get value(): Settings {
    return this.#value
  }

  load(): void {
    try {
      this.#value = settingsSchema.parse(JSON.parse(readFileSync(this.#path, 'utf8')))
    } catch (err) {
      if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return
      this.#deps.onProblem('settings cannot be read; the defaults are used', err)
    }
  }

  change(part: Partial<Settings>): void {
    this.#value = { ...this.#value, ...part }
    this.#timer ??= setTimeout(() => this.flush(), REST_MS)
  }

  /** Writes what has changed. */
  flush(): void {
    if (this.#timer === undefined) return
    clearTimeout(this.#timer)
    this.#timer = undefined
    try {
      writeWhole(this.#path, `${JSON.stringify(this.#value, undefined, 2)}\n`)
    } catch (err) {
      this.#deps.onProblem('settings cannot be written', err)
    }
  }
}

/** A file of mode 0600 that is complete and durable before it has its name. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const temporary = `${path}.new`
  writeFileSync(temporary, content, { mode: 0o600 })
  for (const synced of [temporary, dirname(path)]) {
    const fd = openSync(synced, 'r')
    fsyncSync(fd)
    closeSync(fd)
    if (synced === temporary) renameSync(temporary, path)
  }
}
