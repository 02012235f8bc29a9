import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { parseConfig } from '../../node-agent/config/index.ts'
import { createLogger, systemClock } from '../../node-agent/lifecycle/index.ts'
import { openOffline } from '../../node-agent/offline.ts'
import {
  type ControlClient,
  createLocalClient,
  parseRequest,
  type PreviewItem,
  type PreviewResult,
  type PreviewRow,
  type PreviewWarning,
  type PublishResult,
} from '../../protocol/control/index.ts'
import { tempDir } from './temp-dir.ts'

/** What a window has once a preview has ended. */
export interface SeenPreview {
  readonly result: PreviewResult
  /** In path order, after all updates. */
  readonly rows: readonly PreviewRow[]
  readonly warnings: readonly PreviewWarning[]
  readonly items: readonly PreviewItem[]
  readonly ticket: string
}

/** A publisher's home without network, a folder `site` in a configured root, and clients as windows have them. */
export async function previewHome() {
  const folder = await tempDir()
  const home = join(folder, 'home')
  const dir = join(folder, 'roots', 'site')
  mkdirSync(home, { mode: 0o700 })
  mkdirSync(dir, { recursive: true })
  const log = createLogger({ level: 'error', json: false, clock: systemClock, write: () => undefined })
  const config = await parseConfig(`[web]\nroots = [${JSON.stringify(join(folder, 'roots'))}]`, 'config.toml')
  const clock = { ...systemClock, offsetMs: 0 }
  const shifted = { ...systemClock, now: () => systemClock.now() + clock.offsetMs }
  const { handlers, close } = await openOffline({ home, config, clock: shifted, log })
  const clients: ControlClient[] = []
  const connect = (): ControlClient => {
    const onUnexpected = (_name: string, error: unknown): void => {
      throw error
    }
    const client = createLocalClient({ handlers, parse: parseRequest, onUnexpected })
    clients.push(client)
    return client
  }
  onTestFinished(async () => {
    for (const client of clients) await client.close()
    await close()
  })
  const window = connect()
  await window.call('meshCreate', { name: 'north' })
  const put = (path: string, text: string | Uint8Array = path): void => {
    mkdirSync(join(dir, path, '..'), { recursive: true })
    writeFileSync(join(dir, path), text)
  }
  const publish = (): Promise<PublishResult> =>
    resultOf(
      window.stream('publish', {
        ...{ dir, channel: 'web', message: '', lifetimeMs: 60_000, dryRun: false, checksum: false, waves: [] },
      }),
    )
  const folderId = async (client: ControlClient = window): Promise<string> => {
    const [root] = (await client.call('folders', { folder: null })).rows
    const [site] = (await client.call('folders', { folder: root?.id ?? '' })).rows
    return site?.id ?? ''
  }
  const preview = async (exclude: readonly string[] = [], client: ControlClient = window): Promise<SeenPreview> => {
    const request = { folder: await folderId(client), channel: 'web', exclude }
    return seen(client.stream('publishPreview', request))
  }
  const send = (ticket: string, client: ControlClient = window): Promise<PublishResult> =>
    resultOf(client.stream('publishPreviewed', { ticket, message: 'seen', lifetimeMs: 60_000, waves: [] }))
  /** Old enough that what is known of a file by its stat is believed. */
  const age = (path: string): void => utimesSync(join(dir, path), 1_700_000_000, 1_700_000_000)
  return { folder, home, dir, handlers, window, connect, put, publish, preview, folderId, send, age, clock }
}

export async function resultOf<T>(stream: AsyncGenerator<unknown, T, undefined>): Promise<T> {
  for (let step = await stream.next(); ; step = await stream.next()) if (step.done === true) return step.value
}

/** Applies rows and updates as a window does. */
async function seen(stream: AsyncGenerator<PreviewItem, PreviewResult, undefined>): Promise<SeenPreview> {
  const rows = new Map<string, PreviewRow>()
  const warnings: PreviewWarning[] = []
  const items: PreviewItem[] = []
  for (;;) {
    const step = await stream.next()
    if (step.done === true) {
      const sorted = [...rows.values()].toSorted((a, b) => (a.path < b.path ? -1 : 1))
      return { result: step.value, rows: sorted, warnings, items, ticket: step.value.ticket ?? '' }
    }
    items.push(step.value)
    if (step.value.kind === 'rows') for (const row of step.value.rows) rows.set(row.path, row)
    if (step.value.kind === 'warnings') warnings.push(...step.value.warnings)
    if (step.value.kind !== 'updates') continue
    for (const path of step.value.gone) rows.delete(path)
    for (const row of step.value.changed) rows.set(row.path, row)
  }
}
