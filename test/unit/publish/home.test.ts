import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parseConfig } from '../../../node-agent/config/index.ts'
import { createLogger, systemClock } from '../../../node-agent/lifecycle/index.ts'
import { openOffline } from '../../../node-agent/offline.ts'
import type { ControlHandlers, EntryRow, PublishResult } from '../../../protocol/control/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

const never = new AbortController().signal
const LIFETIME_MS = 60_000

/** A home that made a mesh, without network, and a folder to publish. */
async function publisher() {
  const folder = await tempDir()
  const home = join(folder, 'home')
  const dir = join(folder, 'site')
  mkdirSync(home, { mode: 0o700 })
  mkdirSync(dir)
  const log = createLogger({ level: 'error', json: false, clock: systemClock, write: () => undefined })
  const config = await parseConfig('', 'config.toml')
  const { handlers, close } = await openOffline({ home, config, clock: systemClock, log })
  onTestFinished(close)
  await handlers.meshCreate({ name: 'north' }, never)
  const put = (path: string, text: string): void => {
    mkdirSync(join(dir, path, '..'), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  const publish = (dryRun = false, checksum = false): Promise<PublishResult> =>
    resultOf(
      handlers.publish(
        { dir, channel: 'web', message: '', lifetimeMs: LIFETIME_MS, dryRun, checksum, waves: [] },
        never,
      ),
    )
  const rollback = (to: number) =>
    handlers.rollback({ channel: 'web', to, message: 'back', lifetimeMs: LIFETIME_MS, waves: [] }, never)
  return { folder, home, dir, handlers, put, publish, rollback }
}

async function resultOf<T>(stream: AsyncGenerator<unknown, T, undefined>): Promise<T> {
  for (let step = await stream.next(); ; step = await stream.next()) if (step.done === true) return step.value
}

async function pathsOf(handlers: ControlHandlers): Promise<readonly string[]> {
  const rows: EntryRow[] = []
  for await (const page of handlers.show({ channel: 'web', sequence: null }, never)) rows.push(...page)
  return rows.map(({ path }) => path)
}

describe('the release file', () => {
  test('PUB-1 shoal.toml of the root is no part of the release, one anywhere else is', async () => {
    const { handlers, put, publish } = await publisher()
    put('shoal.toml', 'maxWindowMs = 5')
    put('conf/shoal.toml', 'not = [toml')
    expect(await publish()).toMatchObject({ entries: 3, warnings: [] })
    expect(await pathsOf(handlers)).toEqual(['', 'conf', 'conf/shoal.toml'])
  })

  test('PUB-2 what it says is part of what is signed', async () => {
    const { put, publish } = await publisher()
    const first = await publish()
    put('shoal.toml', 'maxWindowMs = 5')
    expect((await publish()).manifest).not.toBe(first.manifest)
  })

  test('PUB-3 a wrong one leaves the channel without a release', async () => {
    const { handlers, put, publish } = await publisher()
    put('shoal.toml', 'watch = ["a//b"]')
    await expect(publish()).rejects.toMatchObject({ code: 'RELEASE_FILE_INVALID' })
    await expect(handlers.releases({ channel: 'web' }, never)).rejects.toMatchObject({ code: 'NO_SUCH_CHANNEL' })
  })

  test('PUB-4 a glob that matches nothing is told, and the release is published', async () => {
    const { put, publish } = await publisher()
    put('shoal.toml', '[[group]]\nname = "a"\nglobs = ["nothing"]')
    const warnings = ['shoal.toml: group a matches nothing in this release']
    expect(await publish()).toMatchObject({ sequence: 1, warnings })
  })
})

describe('a dry run', () => {
  test('PUB-5 counts paths against the head and stores nothing', async () => {
    const { dir, handlers, put, publish } = await publisher()
    put('same', 'same')
    put('old', 'old')
    put('etc/a.conf', '1')
    expect((await publish(true)).changes).toMatchObject({ added: 5, changed: 0, removed: 0, atRisk: null })
    await publish()
    rmSync(join(dir, 'old'))
    put('etc/a.conf', '22')
    put('new', 'new')
    put('shoal.toml', 'maxWindowMs = 9\nwatch = ["etc/**"]\n[[group]]\nname = "g"\nglobs = ["etc/*", "same"]')
    utimesSync(dir, 1, 1)
    const { sequence, changes } = await publish(true)
    expect({ sequence, changes }).toEqual({
      sequence: 2,
      changes: {
        added: 1,
        changed: 1,
        removed: 1,
        groups: [{ name: 'g', paths: 2 }],
        maxWindowMs: 9,
        watched: 1,
        atRisk: null,
      },
    })
    expect(await handlers.releases({ channel: 'web' }, never)).toHaveLength(1)
  })

  test('PUB-5 names the processes of this host that would run on what is replaced', async () => {
    const { folder, handlers, put, publish } = await publisher()
    put('log', '1')
    await publish()
    const root = join(folder, 'live')
    mkdirSync(root)
    const settings = { channel: 'web', root, strategy: 'in-place', graceMs: 0, keep: 0 } as const
    await handlers.targetAdd(settings, never)
    writeFileSync(join(root, 'log'), '1')
    const reader = spawn('/bin/sh', ['-c', 'exec 3<log; echo; read -r line'], {
      cwd: root,
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    onTestFinished(() => void reader.kill())
    await once(reader.stdout, 'data')
    expect((await publish(true)).changes?.atRisk).toEqual([])
    put('log', '22')
    expect((await publish(true)).changes?.atRisk).toMatchObject([{ pid: reader.pid, why: 'open', paths: ['log'] }])
  })
})

describe('rollback', () => {
  test('PUB-6 is a head like any other, of the older manifest', async () => {
    const { handlers, put, publish, rollback } = await publisher()
    put('a', '1')
    const first = await publish()
    put('a', '22')
    await publish()
    const { entries, bytes, manifest } = first
    expect(await rollback(1)).toEqual({
      channel: 'web',
      sequence: 3,
      manifest,
      rollbackOf: 1,
      proposal: null,
      waves: null,
      warnings: [],
      entries,
      bytes,
    })
    const head = (await handlers.releases({ channel: 'web' }, never)).at(-1)
    expect(head).toMatchObject({ sequence: 3, manifest, message: 'back' })
    expect(await rollback(2)).toMatchObject({ sequence: 4, rollbackOf: 2 })
  })

  test('PUB-7 an unknown release, one that is not kept, and the content of the head are refused', async () => {
    const { home, handlers, put, publish, rollback } = await publisher()
    await expect(rollback(1)).rejects.toMatchObject({ code: 'NO_SUCH_RELEASE' })
    put('a', '1')
    const { manifest } = await publish()
    await expect(rollback(1)).rejects.toMatchObject({ code: 'ROLLBACK_NEEDLESS' })
    put('a', '22')
    await publish()
    await expect(rollback(9)).rejects.toMatchObject({ code: 'NO_SUCH_RELEASE' })
    rmSync(join(home, 'manifests', manifest.replace('sha256-', '')))
    await expect(rollback(1)).rejects.toMatchObject({
      code: 'NO_SUCH_RELEASE',
      message: 'the content of release 1 of channel web is not kept in this home; nothing was published',
    })
    expect(await handlers.releases({ channel: 'web' }, never)).toHaveLength(2)
  })
})

test('CLI-29 retrying without a target is NO_SUCH_TARGET', async () => {
  const { handlers } = await publisher()
  await expect(handlers.targetRetry({ channel: 'web' }, never)).rejects.toMatchObject({ code: 'NO_SUCH_TARGET' })
})

test('CLI-30 consenting without a target is NO_SUCH_TARGET, and only a running agent knows what is held', async () => {
  const { handlers } = await publisher()
  await expect(handlers.targetConsent({ channel: 'web' }, never)).rejects.toMatchObject({ code: 'NO_SUCH_TARGET' })
  const target = { channel: 'web', root: await tempDir(), strategy: 'in-place', graceMs: 0, keep: 0 } as const
  await handlers.targetAdd(target, never)
  await expect(handlers.targetConsent({ channel: 'web' }, never)).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE' })
})

describe('publishing a folder again', () => {
  test('PUB-8 reads what changed; with --checksum, or once the store let the release go, everything', async () => {
    const { dir, put, publish } = await publisher()
    const long = new Date(Date.now() - 3_600_000)
    for (const name of ['a', 'b']) {
      put(name, `${name} `.repeat(40_000))
      utimesSync(join(dir, name), long, long)
    }
    const first = await publish()
    expect(first.newBytes).toBe(first.bytes)
    // Whether it was read at all shows in a change that no stat tells of: none can be made here, so the bytes that are new tell it.
    expect((await publish()).newBytes).toBe(0)
    put('b', 'c '.repeat(40_000))
    const third = await publish()
    expect(third.newBytes).toBe(80_000)
    expect(third.manifest).not.toBe(first.manifest)
    expect((await publish(false, true)).manifest).toBe(third.manifest)
  })
})
