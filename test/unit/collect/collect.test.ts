import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { collectGarbage } from '../../../node-agent/collect/index.ts'
import { parseConfig } from '../../../node-agent/config/index.ts'
import { Core } from '../../../node-agent/core.ts'
import { Views } from '../../../node-agent/views/index.ts'
import { createHandlers } from '../../../node-agent/handlers/index.ts'
import { createLogger, systemClock } from '../../../node-agent/lifecycle/index.ts'
import { createChunks } from '../../../node-agent/local-content.ts'
import { NOWHERE } from '../../../node-agent/net/reach.ts'
import { distinctChunks } from '../../../protocol/index.ts'
import { seededBytes } from '../../support/seeded-bytes.ts'
import { tempDir } from '../../support/temp-dir.ts'

const NEVER = new AbortController().signal
const log = createLogger({ level: 'error', json: false, clock: systemClock, write: () => undefined })
const HOUR_MS = 3_600_000

/** A publisher without network whose clock is two hours ahead, so that nothing counts as fresh. */
async function publisher(keep: number) {
  const folder = await tempDir()
  const [home, dir] = [join(folder, 'home'), join(folder, 'site')]
  mkdirSync(home, { mode: 0o700 })
  mkdirSync(dir)
  const clock = { ...systemClock, now: () => Date.now() + 2 * HOUR_MS }
  const config = await parseConfig(`store = { keep = ${keep} }`, 'config.toml')
  const core = await Core.open({ home, config, clock, log })
  onTestFinished(() => core.close())
  const chunks = createChunks(core)
  const live = {
    addresses: () => [],
    connected: () => [],
    links: () => null,
    own: () => undefined,
    publishing: async () => undefined,
    reach: () => NOWHERE,
    announce: async () => undefined,
    retry: undefined,
    consent: undefined,
    renew: () => undefined,
    onChange: () => () => undefined,
  }
  const handlers = createHandlers({
    core,
    live,
    chunks,
    views: new Views({
      mesh: () => core.mesh,
      store: core.store,
      clock: core.init.clock,
      own: () => undefined,
      connected: () => null,
      links: () => undefined,
    }),
  })
  await handlers.meshCreate({ name: 'north' }, NEVER)
  const publish = async (version: number): Promise<void> => {
    const bytes = seededBytes(900_000, 7)
    bytes.set(seededBytes(200_000, 100 + version), 300_000)
    writeFileSync(join(dir, 'app'), bytes)
    utimesSync(join(dir, 'app'), version, version)
    const stream = handlers.publish(
      { dir, channel: 'web', message: '', lifetimeMs: HOUR_MS * 24, dryRun: false, checksum: false, waves: [] },
      NEVER,
    )
    for (let step = await stream.next(); step.done !== true; step = await stream.next());
  }
  return { home, core, chunks, publish }
}

describe('what a publisher keeps', () => {
  test('STORE-11 the last releases and the current deltas stay whole; the rest goes, and nothing is offered that is gone', async () => {
    const { home, core, chunks, publish } = await publisher(2)
    for (let version = 1; version <= 6; version++) await publish(version)
    const heads = await core.mesh.book.heads('web')
    const before = await core.packs.diskBytes()
    const collected = await collectGarbage(core, chunks, NEVER)
    expect(collected.manifests).toBe(3)
    expect(collected.bytes).toBeGreaterThan(0)
    expect(await core.packs.diskBytes()).toBeLessThan(before)
    expect(await readdir(join(home, 'manifests'))).toHaveLength(3)
    for (const [i, { body }] of heads.entries()) {
      const kept = i >= 3
      expect((await core.published()).includes(body.manifest)).toBe(kept)
      expect((await chunks.have(body.manifest)) !== undefined).toBe(kept)
      const manifest = await core.manifests.load(body.manifest)
      expect(manifest !== undefined).toBe(kept)
      for (const { digest } of manifest === undefined ? [] : distinctChunks(manifest)) {
        expect(await core.packs.read(digest)).toBeDefined()
      }
    }
    for (const { blob } of heads.at(-1)?.body.deltas ?? []) expect(await core.packs.read(blob)).toBeDefined()
    expect(heads.at(-1)?.body.deltas).toHaveLength(2)
    expect(await collectGarbage(core, chunks, NEVER)).toEqual({ manifests: 0, bytes: 0 })
    await publish(7)
  })

  test('STORE-11 a publish and a collection never run at once', async () => {
    const { core, chunks, publish } = await publisher(0)
    await publish(1)
    for (let version = 2; version < 6; version++) {
      const [collected] = await Promise.all([
        collectGarbage(core, chunks, NEVER),
        publish(version),
        collectGarbage(core, chunks, NEVER),
      ])
      expect(collected.manifests).toBeLessThan(3)
      const head = core.mesh.book.head('web')
      const manifest = head && (await core.manifests.load(head.body.manifest))
      if (manifest === undefined) throw new Error('the current release has no manifest')
      for (const { digest } of distinctChunks(manifest)) expect(await core.packs.read(digest)).toBeDefined()
    }
  })
})
