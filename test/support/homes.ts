import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A home that finds peers by addresses alone: the line to be measured is the only one. */
export function homeAt(work: string, name: string, config = ''): string {
  const home = join(work, name)
  mkdirSync(home, { mode: 0o700 })
  writeFileSync(join(home, 'config.toml'), `mdns = false\n${config}`)
  return home
}
