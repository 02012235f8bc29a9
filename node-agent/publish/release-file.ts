import { closeSync, fstatSync, readFileSync } from 'node:fs'
import {
  compileGlobs,
  type Entry,
  parseTreePath,
  type ReleaseSettings,
  ROOT_PATH,
  ShoalError,
} from '../../protocol/index.ts'
import { parseToml } from '../config/index.ts'
import type { TreeRoot } from '../fs/index.ts'

/** Name of the file in the published folder's root that says how the release is to be treated; it is not part of the release. */
export const RELEASE_FILE = parseTreePath('shoal.toml')

const MAX_BYTES = 256 * 1024
const NO_SETTINGS: ReleaseSettings = { consistencyGroups: [], maxWindowMs: undefined, watch: [], suggest: [] }

/** What the release file of a folder says; nothing when there is none. @throws RELEASE_FILE_INVALID with line and key: nothing was published */
export async function readReleaseFile(root: TreeRoot): Promise<ReleaseSettings> {
  const stat = root.lstat(RELEASE_FILE)
  if (stat === undefined) return NO_SETTINGS
  const invalid = (why: string): ShoalError =>
    new ShoalError('RELEASE_FILE_INVALID', `${RELEASE_FILE}:1: ${why}; nothing was published`)
  if (stat.kind !== 'file') throw invalid('is not a regular file')
  if (stat.size > MAX_BYTES) throw invalid(`is larger than ${MAX_BYTES} bytes`)
  const fd = root.openRead(RELEASE_FILE)
  let text: string
  try {
    if (!fstatSync(fd).isFile()) throw invalid('is not a regular file')
    text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(fd))
  } catch (err) {
    if (err instanceof TypeError) throw invalid('is not UTF-8')
    throw err
  } finally {
    closeSync(fd)
  }
  return parseReleaseFile(text)
}

/** @throws RELEASE_FILE_INVALID */
export async function parseReleaseFile(text: string): Promise<ReleaseSettings> {
  const { group, maxWindowMs, watch, suggest } = await parseToml(text, {
    file: RELEASE_FILE,
    code: 'RELEASE_FILE_INVALID',
    untouched: 'nothing was published',
    schema: async () => (await import('./release-schema.ts')).RELEASE_SCHEMA,
    check: (file) => {
      const names = file.group.map((g) => g.name)
      const index = names.findIndex((name, i) => names.indexOf(name) < i)
      return index < 0 ? undefined : { path: ['group', index, 'name'], why: 'another group has the same name' }
    },
  })
  return { consistencyGroups: group, maxWindowMs, watch, suggest }
}

/** What a publisher probably did not mean, in words. */
export function settingsWarnings(settings: ReleaseSettings, entries: readonly Entry[]): readonly string[] {
  const matched = (globs: readonly string[]): boolean => {
    const matches = compileGlobs(globs)
    return entries.some(({ path }) => path !== ROOT_PATH && matches(path))
  }
  const groups = settings.consistencyGroups.filter(({ globs }) => !matched(globs))
  const watched = settings.watch.filter((glob) => !matched([glob]))
  return [
    ...groups.map(({ name }) => `${RELEASE_FILE}: group ${name} matches nothing in this release`),
    ...watched.map((glob) => `${RELEASE_FILE}: watch ${glob} matches nothing in this release`),
  ]
}
