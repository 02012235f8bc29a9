import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..', '..')

const filesBelow = (folder: string, suffix: string): readonly string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(ROOT, folder, name))

/** All ids that the first group of a pattern catches; one title may name several rules. */
const matchesIn = (files: readonly string[], pattern: RegExp): ReadonlySet<string> =>
  new Set(
    files.flatMap((file) =>
      [...readFileSync(file, 'utf8').matchAll(pattern)].flatMap(([, ids = '']) => ids.split(' ')),
    ),
  )

/** A string that starts with ids: the title of a test, or of one row of a table of tests. */
const TITLE = /(?<=[(,[]\s*)['"`]([A-Z]+-\d+(?: [A-Z]+-\d+)*)\b/g
const rules = matchesIn(filesBelow('docs/spec', '.md'), /^- \*\*([A-Z]+-\d+)\*\*/gm)
const titles = matchesIn(filesBelow('test', '.ts'), TITLE)

test('BOUNDARY-5 every rule has a test', () => {
  expect(rules.size).toBeGreaterThan(100)
  expect([...rules].filter((rule) => !titles.has(rule))).toEqual([])
})

test('BOUNDARY-5 every id in a test title is a rule', () => {
  expect([...titles].filter((id) => !rules.has(id))).toEqual([])
})

test.runIf(existsSync(join(ROOT, '.git')))(
  'BOUNDARY-6 every commit message has a type and is one line of imperative',
  () => {
    const { stdout } = spawnSync('git', ['log', '--format=%s'], { cwd: ROOT, encoding: 'utf8' })
    const form = /^(feat|fix|test|docs|ci|build|refactor|perf|bench|chore)(\([a-z0-9.-]+\))?: \S/
    expect(stdout.split('\n').filter((subject) => subject !== '' && !form.test(subject))).toEqual([])
  },
)
