import * as fs from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ControlHandlers } from '../../../protocol/control/index.ts'
import { cli, failing } from '../../support/run-cli.ts'
import { aStatus, fakeHandlers } from '../../support/fake-handlers.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { serveHome } from '../cli/serve-home.ts'

interface Document {
  readonly ok: number
  readonly warn: number
  readonly fail: number
  readonly findings: readonly { readonly check: string; readonly level: string; readonly found: string }[]
}

/** Records of which nothing expires in the lifetime of this test. */
const VALID: Partial<ControlHandlers> = {
  targetList: async () => [],
  releases: async () => [],
  status: async () => ({ ...aStatus(), mesh: { ...aStatus().mesh, expires: '2099-01-01T00:00:00.000Z' } }),
}

const parse = (text: string): Document => JSON.parse(text)

test('DOCTOR-1 words with what to do, one document with --json, exit 1 when something fails', async () => {
  const home = await tempDir()
  const root = join(home, 'none/root')
  const targets = async () => [
    { channel: 'web', root, strategy: 'in-place' as const, graceMs: 1, keep: 1, source: 'command' as const },
  ]
  fs.mkdirSync(join(home, 'db'))
  const handlers = { ...VALID, targetList: targets }
  const { code, stdout, stderr } = await cli({ argv: ['doctor', '--json'], home, handlers })
  const document = parse(stdout)
  expect(code).toBe(1)
  expect(stderr).toMatch(/^shoal: DOCTOR_FOUND: .*target.*nothing was changed\n$/)
  expect(document.findings).toHaveLength(document.ok + document.warn + document.fail)
  expect(document.findings.filter(({ level }) => level === 'fail')).toMatchObject([{ check: 'target', about: 'web' }])
  const text = await cli({ argv: ['doctor'], home, handlers })
  expect(text.stdout).toMatch(/^fail {2}target {5}web: neither .+\n {17}→ make .+none$/m)
})

test('DOCTOR-1 a home that is refused is a finding beside the others', async () => {
  const { code, stdout } = await cli({ argv: ['doctor', '--json'] })
  expect(code).toBe(1)
  const { findings } = parse(stdout)
  expect(findings.find(({ check }) => check === 'home')).toMatchObject({ found: expect.stringMatching(/^NO_MESH/) })
  expect(new Set(findings.map(({ check }) => check))).toEqual(
    new Set(['clock', 'home', 'kernel', 'rights', 'processes', 'network', 'trust']),
  )
})

test('DOCTOR-12 a running agent is asked', async () => {
  const home = await serveHome(fakeHandlers(VALID))
  const { code, stdout, used } = await cli({ argv: ['doctor', '--json'], home })
  expect({ code, used }).toEqual({ code: 0, used: [] })
  expect(parse(stdout).findings.find(({ check }) => check === 'network')?.found).toMatch(/^the agent listens/)
})

test('DOCTOR-12 a stopped home is opened and let go of, an empty one is left alone', async () => {
  const home = await tempDir()
  const empty = await cli({ argv: ['doctor'], home })
  expect([empty.used, fs.readdirSync(home)]).toEqual([[], []])
  fs.mkdirSync(join(home, 'db'))
  const stopped = await cli({ argv: ['doctor'], home, handlers: VALID })
  expect(stopped.used).toEqual(['openOffline', 'close'])
})

test('DOCTOR-12 a home that is held, or cannot be read, is a finding', async () => {
  const home = await tempDir()
  fs.mkdirSync(join(home, 'db'))
  const agent = { openOffline: failing('STORE_CORRUPT', 'the database cannot be opened') }
  const { code, stdout } = await cli({ argv: ['doctor', '--json'], home, agent })
  expect(code).toBe(1)
  expect(parse(stdout).findings).toContainEqual(
    expect.objectContaining({ level: 'fail', found: expect.stringContaining('STORE_CORRUPT') }),
  )
})
