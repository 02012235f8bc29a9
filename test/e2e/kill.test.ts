import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { compareTrees } from '../../node-agent/demo/compare.ts'
import { enrolledHost, quietHome, shoal, shoalJson, startAgent } from '../support/processes.ts'
import { tempDir } from '../support/temp-dir.ts'

const KILLS = 50
const SEED = 20_261_123

/** Mulberry32: a seeded generator, so that a failing run can be repeated. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

/** Two releases that differ in content, names, links and kinds, large enough that a commit takes a while. */
function writeTree(folder: string, flavour: 'even' | 'odd'): string {
  const tree = join(folder, flavour)
  const other = flavour === 'even' ? 'odd' : 'even'
  mkdirSync(join(tree, 'lib', `only-${flavour}`), { recursive: true })
  for (let i = 0; i < 600; i++) writeFileSync(join(tree, 'lib', `f${i}`), `${flavour} ${i}\n`)
  for (let i = 0; i < 50; i++) writeFileSync(join(tree, 'lib', `only-${flavour}`, `g${i}`), `${other} ${i}\n`)
  symlinkSync(`lib/only-${flavour}`, join(tree, 'current'))
  if (flavour === 'even') mkdirSync(join(tree, 'changes-kind'))
  else writeFileSync(join(tree, 'changes-kind'), 'a file now\n')
  return tree
}

describe('SIGKILL', () => {
  test(
    `SPINE-5 an agent killed at ${KILLS} random moments always ends with a whole release`,
    { timeout: 600_000 },
    async () => {
      const folder = await tempDir()
      const random = seeded(SEED)
      const admin = quietHome(folder, 'admin')
      await shoalJson(admin, 'mesh', 'create', 'north')
      await startAgent(admin)
      const host = await enrolledHost(folder, admin, 'oslo-1', 'oslo')
      const trees = [writeTree(folder, 'even'), writeTree(folder, 'odd')]
      const sourceOf = (sequence: number): string => trees[sequence % 2] ?? ''
      let agent = await startAgent(host.home)
      await shoalJson(admin, 'publish', sourceOf(1), '--channel', 'web')
      await shoalJson(admin, 'wait', '--channel', 'web', '--hosts', '1', '--timeout', '60s')

      let [cutOff, started] = [0, 0]
      for (let sequence = 2; sequence < KILLS + 2; sequence++) {
        await shoalJson(admin, 'publish', sourceOf(sequence), '--channel', 'web')
        await pause(250 + Math.floor(random() * 750))
        await agent.kill()
        if ((await compareTrees(sourceOf(sequence), host.root)).length > 0) cutOff++
        if ((await compareTrees(sourceOf(sequence - 1), host.root)).length > 0) started++
        agent = await startAgent(host.home)
        await shoalJson(
          admin,
          'wait',
          '--channel',
          'web',
          '--sequence',
          String(sequence),
          '--hosts',
          '1',
          '--timeout',
          '60s',
        )
        expect(await compareTrees(sourceOf(sequence), host.root), `after kill ${sequence - 1}`).toEqual([])
      }
      expect(await shoal(host.home, 'verify', '--deep')).toMatchObject({ code: 0 })
      expect(readdirSync(host.root).toSorted()).toEqual(['.shoal', 'changes-kind', 'current', 'lib'])
      console.log(`${cutOff} of ${KILLS} kills came before the commit was complete, ${started} after it had begun`)
    },
  )
})
