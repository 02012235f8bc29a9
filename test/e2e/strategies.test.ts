import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { compareTrees } from '../../node-agent/demo/compare.ts'
import { quietHome, shoal, shoalJson, startAgent, statusOf } from '../support/processes.ts'
import { tempDir } from '../support/temp-dir.ts'

/** A tree with every kind of entry and every kind of change between two versions. */
function writeTree(folder: string, version: number): string {
  const tree = join(folder, `source-${version}`)
  mkdirSync(join(tree, 'lib', 'deep'), { recursive: true })
  mkdirSync(join(tree, 'same'))
  writeFileSync(join(tree, 'version'), `${version}\n`)
  for (let i = 0; i < 20; i++)
    writeFileSync(join(tree, 'lib', `f${i}`), `${i % 3 === 0 ? version : 0} `.repeat(3000 + i))
  for (let i = 0; i < 10; i++) writeFileSync(join(tree, 'same', `s${i}`), `${i} `.repeat(3000))
  linkSync(join(tree, 'same', 's0'), join(tree, 'same', 'also-s0'))
  symlinkSync(version % 2 === 0 ? 'lib/f1' : 'lib/f2', join(tree, 'link'))
  if (version % 2 === 0) writeFileSync(join(tree, 'turns'), 'a file')
  else mkdirSync(join(tree, 'turns'))
  chmodSync(join(tree, 'lib', 'f3'), version % 2 === 0 ? 0o755 : 0o640)
  for (let i = 0; i < 10; i++) utimesSync(join(tree, 'same', `s${i}`), 1e9, 1e9)
  for (let i = 0; i < 20; i++) utimesSync(join(tree, 'lib', `f${i}`), 1e9 + (i % 3 === 0 ? version : 0), 1e9)
  return tree
}

async function oneHost(strategy: string, ...more: readonly string[]) {
  const folder = await tempDir()
  const admin = quietHome(folder, 'admin')
  await shoalJson(admin, 'mesh', 'create', 'north')
  await startAgent(admin)
  const { ticket } = await shoalJson<{ ticket: string }>(admin, 'mesh', 'invite', 'h1', '--site', 'oslo')
  const home = quietHome(folder, 'h1')
  const root = join(folder, 'app')
  await shoalJson(home, 'join', ticket)
  await shoalJson(home, 'target', 'add', 'web', root, '--strategy', strategy, ...more)
  const publish = async (tree: string): Promise<void> => {
    await shoalJson(admin, 'publish', tree, '--channel', 'web')
    await waitProved(admin)
  }
  return { folder, admin, home, root, publish }
}

async function waitProved(admin: string): Promise<void> {
  const { code, stderr } = await shoal(admin, 'wait', '--channel', 'web', '--hosts', '1', '--timeout', '60s')
  expect(code, stderr).toBe(0)
}

describe.each(['swap', 'generations'])('%s', (strategy) => {
  test(
    'STRATEGY-1 STRATEGY-2 STRATEGY-3 the whole tree changes at once; what is the same is linked; what is not the release’s goes along',
    { timeout: 120_000 },
    async () => {
      const { folder, home, root, publish } = await oneHost(strategy)
      const agent = await startAgent(home)
      const first = writeTree(folder, 1)
      await publish(first)
      expect(await compareTrees(first, realpathSync(root))).toEqual([])
      expect(lstatSync(root).isSymbolicLink()).toBe(strategy === 'generations')
      expect(readdirSync(folder).toSorted()).toEqual(['.shoal', 'admin', 'app', 'h1', 'source-1'])

      const same = lstatSync(join(root, 'same', 's1')).ino
      mkdirSync(join(root, 'lib', 'own', 'deep'), { recursive: true })
      writeFileSync(join(root, 'lib', 'own', 'deep', 'file'), 'mine')
      symlinkSync('nowhere', join(root, 'own-link'))
      writeFileSync(join(root, 'lib', 'f5'), 'edited here')
      const second = writeTree(folder, 2)
      await publish(second)
      expect(readFileSync(join(root, 'lib', 'own', 'deep', 'file'), 'utf8')).toBe('mine')
      expect(readlinkSync(join(root, 'own-link'))).toBe('nowhere')
      const differences = await compareTrees(second, realpathSync(root))
      expect(differences.every((line) => line.includes('own'))).toBe(true)
      expect(lstatSync(join(root, 'same', 's1')).ino).toBe(same)
      const kept = join(folder, '.shoal', 'app', 'kept', '000000000002', 'lib', 'f5')
      expect(readFileSync(kept, 'utf8')).toBe('edited here')

      const [state] = (await statusOf(home)).channels[0]?.states ?? []
      expect(state).toMatchObject({ proved: true, commit: { strategy, operations: 1 }, retained: { releases: 1 } })
      expect(await agent.stop()).toBe(0)
    },
  )
})

test(
  'STRATEGY-4 a target changes from each strategy to each other with its tree in place',
  { timeout: 240_000 },
  async () => {
    const { folder, home, root, publish, admin } = await oneHost('in-place')
    await startAgent(home)
    let version = 1
    let tree = writeTree(folder, version)
    await publish(tree)
    writeFileSync(join(root, 'own'), 'mine')
    let missing = 0
    const watch = setInterval(() => existsSync(join(root, 'version')) || missing++, 1)
    for (const strategy of ['swap', 'generations', 'in-place', 'generations', 'swap', 'in-place']) {
      await shoalJson(home, 'target', 'remove', 'web')
      await shoalJson(home, 'target', 'add', 'web', root, '--strategy', strategy)
      tree = writeTree(folder, ++version)
      await publish(tree)
      expect(lstatSync(root).isSymbolicLink()).toBe(strategy === 'generations')
      expect(await compareTrees(tree, realpathSync(root))).toEqual(['not in the release: "own"'])
      expect(readFileSync(join(root, 'own'), 'utf8')).toBe('mine')
    }
    clearInterval(watch)
    expect(missing).toBe(0)
    expect((await statusOf(admin)).channels[0]).toMatchObject({ converged: 1 })
  },
)

test.each(['in-place', 'swap', 'generations'])(
  'STRATEGY-5 %s: what a rollback needs is on the host',
  { timeout: 120_000 },
  async (strategy) => {
    const { folder, home, root, publish, admin } = await oneHost(strategy)
    await startAgent(home)
    const first = writeTree(folder, 1)
    await publish(first)
    await publish(writeTree(folder, 2))
    await shoalJson(admin, 'rollback', 'web', '--to', '1')
    await waitProved(admin)
    expect(await compareTrees(first, realpathSync(root))).toEqual([])
    const [state] = (await statusOf(home)).channels[0]?.states ?? []
    // Only records and the manifest's index may have crossed the wire.
    expect(state).toMatchObject({ sequence: 3, proved: true, received: { otherSiteBytes: 0, sameSiteBytes: 0 } })
  },
)
