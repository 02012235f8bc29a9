import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { openTreeRoot } from '../../../node-agent/fs/index.ts'
import { parseReleaseFile, readReleaseFile, settingsWarnings } from '../../../node-agent/publish/release-file.ts'
import { isShoalError, parseTreePath } from '../../../protocol/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

const NOTHING = { consistencyGroups: [], maxWindowMs: undefined, watch: [], suggest: [] }

const read = async (put: (file: string) => void) => {
  const folder = await tempDir()
  put(join(folder, 'shoal.toml'))
  const root = openTreeRoot(folder)
  try {
    return await readReleaseFile(root)
  } finally {
    root.close()
  }
}

const refusal = async (work: Promise<unknown>): Promise<string> => {
  const err = await work.catch((error: unknown) => error)
  if (!isShoalError(err, 'RELEASE_FILE_INVALID')) throw err
  return err.message
}

describe('shoal.toml', () => {
  test('PUB-2 every key', async () => {
    const text = [
      'maxWindowMs = 250',
      'watch = ["etc/**"]',
      'suggest = ["reload-web"]',
      '[[group]]',
      'name = "pages"',
      'globs = ["index.html", "assets/**"]',
    ].join('\n')
    expect(await read((file) => writeFileSync(file, text))).toEqual({
      consistencyGroups: [{ name: 'pages', globs: ['index.html', 'assets/**'] }],
      maxWindowMs: 250,
      watch: ['etc/**'],
      suggest: ['reload-web'],
    })
  })

  test('PUB-2 the example of the documentation is obeyed', async () => {
    const page = readFileSync(new URL('../../../docs/spec/publish.md', import.meta.url), 'utf8')
    const example = /```toml\n([^]*?)```/.exec(page)?.[1]
    expect(await parseReleaseFile(example ?? '')).toMatchObject({
      consistencyGroups: [{ name: 'pages' }],
      maxWindowMs: 250,
    })
  })

  test('PUB-2 without the file, or with an empty one, a release says nothing', async () => {
    expect(await read(() => undefined)).toEqual(NOTHING)
    expect(await read((file) => writeFileSync(file, ''))).toEqual(NOTHING)
  })

  test.each([
    ['an unknown key', 'watch = []\nwatched = []', 'shoal.toml:2: watched: there is no such key'],
    ['a window of 0', 'maxWindowMs = 0', 'shoal.toml:1: maxWindowMs: must be 1 or more'],
    ['a window in words', 'maxWindowMs = "250ms"', 'shoal.toml:1: maxWindowMs: must be a whole number of milliseconds'],
    ['a glob that leaves the tree', 'watch = ["../x"]', 'shoal.toml:1: watch[1]: the glob'],
    ['an absolute glob', '[[group]]\nname = "a"\nglobs = ["/etc"]', 'shoal.toml:3: group[1].globs[1]: the glob'],
    ['a group without globs', '[[group]]\nname = "a"', 'shoal.toml:1: group[1].globs: is missing'],
    [
      'two groups of one name',
      '[[group]]\nname = "a"\nglobs = ["a"]\n[[group]]\nname = "a"\nglobs = ["b"]',
      ':5: group[2].name: another group has the same name',
    ],
    ['no TOML', 'watch = [', 'shoal.toml:1: '],
    ['a command to run', 'suggest = [["rm", "-rf"]]', 'shoal.toml:1: suggest[1]: must be a name in quotes'],
  ])('PUB-3 %s is refused with line and key', async (_, text, words) => {
    const message = await refusal(parseReleaseFile(text))
    expect(message).toContain(words)
    expect(message).toMatch(/; nothing was published$/)
  })

  test('PUB-3 what is not a small regular file of UTF-8 is refused, and never waited for', async () => {
    expect(await refusal(read((file) => mkdirSync(file)))).toContain('is not a regular file')
    expect(await refusal(read((file) => symlinkSync('/etc/passwd', file)))).toContain('is not a regular file')
    expect(await refusal(read((file) => execFileSync('mkfifo', [file])))).toContain('is not a regular file')
    expect(await refusal(read((file) => writeFileSync(file, '#'.repeat(256 * 1024 + 1))))).toContain('is larger than')
    expect(await refusal(read((file) => writeFileSync(file, Buffer.from([0x23, 0xff]))))).toContain('is not UTF-8')
  })

  test('PUB-4 a group or a watched glob that matches nothing is told', () => {
    const directory = { kind: 'directory', mode: 0o755, uid: 0, gid: 0, mtimeSec: 0, mtimeNs: 0, xattrs: [] } as const
    const entries = ['', 'etc'].map((path) => ({ ...directory, path: parseTreePath(path) }))
    const groups = [
      { name: 'there', globs: ['none', 'etc'] },
      { name: 'gone', globs: ['none/**'] },
    ]
    const settings = { ...NOTHING, consistencyGroups: groups, watch: ['e*', 'etc/**'] }
    expect(settingsWarnings(settings, entries)).toEqual([
      'shoal.toml: group gone matches nothing in this release',
      'shoal.toml: watch etc/** matches nothing in this release',
    ])
  })
})
