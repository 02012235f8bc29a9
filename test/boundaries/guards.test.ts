import { spawnSync } from 'node:child_process'
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { tempDir } from '../support/temp-dir.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const VIOLATIONS = join(import.meta.dirname, 'violations')

const run = (cwd: string, script: string, ...args: readonly string[]): { status: number | null; text: string } => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, script), ...args], {
    cwd,
    encoding: 'utf8',
  })
  return { status, text: stdout + stderr }
}

describe('compiler', () => {
  test.each([
    ['protocol', "protocol/reads-files.ts(1,30): error TS2591: Cannot find name 'node:fs'"],
    ['renderer', "renderer/uses-node.ts(1,30): error TS2591: Cannot find name 'node:fs'"],
    ['renderer', "renderer/uses-node.ts(3,35): error TS2591: Cannot find name 'process'"],
  ])('BOUNDARY-1 %s has no types of Node.js', (folder, error) => {
    const { status, text } = run(ROOT, 'node_modules/@typescript/native/bin/tsc', '-p', join(VIOLATIONS, folder))
    expect(status).not.toBe(0)
    expect(text).toContain(error)
  })
})

describe('import directions', () => {
  test('BOUNDARY-2 SIM-4 each direction has a rule that refuses the other one', () => {
    const { status, text } = run(ROOT, '.ci/deps.mjs', 'test/boundaries/violations')
    expect(status).toBe(1)
    const found = [...text.matchAll(/^error (\S+): test\/boundaries\/violations\/(\S+) ->/gm)].map(
      ([, rule, file]) => `${rule} ${file}`,
    )
    expect(found.toSorted()).toEqual([
      'agent-knows-no-window node-agent/opens-a-window.ts',
      'main-spawns-the-agent-by-path main/runs-libp2p.ts',
      'nothing-imports-tests node-agent/runs-a-simulation.ts',
      'plan-is-pure node-agent/plan/asks-the-store.ts',
      'plan-is-pure node-agent/plan/reads-the-clock.ts',
      'preload-is-alone main/preload.ts',
      'protocol-is-a-leaf protocol/knows-the-agent.ts',
      'protocol-packages protocol/reads-files.ts',
      'renderer-has-one-door renderer/uses-electron.ts',
      'renderer-is-a-browser renderer/uses-node.ts',
      'stages-do-not-join node-agent/fetch/joins-commit.ts',
    ])
  })

  test('BOUNDARY-3 a run that visits next to nothing fails', () => {
    const { status, text } = run(ROOT, '.ci/deps.mjs', '--at-least', '200', 'main')
    expect(text).toContain('fewer than 200 modules were visited')
    expect(status).toBe(1)
  })
})

describe('editor', () => {
  test('BOUNDARY-4 the linter refuses the same imports where they are typed', async () => {
    const dir = await tempDir()
    cpSync(VIOLATIONS, dir, { recursive: true })
    // The shipped rules, without the line that keeps the violations out of a normal run; types are not needed here.
    const config: unknown = JSON.parse(readFileSync(join(ROOT, '.oxlintrc.json'), 'utf8'))
    writeFileSync(
      join(dir, '.oxlintrc.json'),
      JSON.stringify({ ...Object(config), ignorePatterns: [], options: { typeAware: false } }),
    )
    const { status, text } = run(dir, 'node_modules/oxlint/bin/oxlint', '--format', 'unix', '.')
    expect(status).toBe(1)
    const found = [...text.matchAll(/^(\S+?):\d+:\d+: .*no-restricted-imports/gm)].map(([, file = '']) => file)
    expect(found.toSorted()).toEqual([
      'main/preload.ts',
      'main/runs-libp2p.ts',
      'node-agent/opens-a-window.ts',
      'node-agent/plan/asks-the-store.ts',
      'node-agent/plan/reads-the-clock.ts',
      'node-agent/runs-a-simulation.ts',
      'protocol/knows-the-agent.ts',
      'protocol/reads-files.ts',
      'renderer/uses-electron.ts',
      'renderer/uses-node.ts',
    ])
  })
})
