/**
 * Looking at a folder of many files before publishing it: time to the first rows, to the end, and the longest time that the event loop stood still, by the
 * clock and by the CPU time of its thread; with everything new, and, in a process that knows the folder from its last publish alone, with ten changes and with
 * everything moved. With --window also in the built window, in a real browser: then what stood still is the page.
 *
 *     node bench/preview.ts [--files 30000] [--rounds 3] [--window] [--json]
 *
 * Budgets: first rows within 300 ms, nothing stands still for 50 ms.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadConfig } from '../node-agent/config/index.ts'
import { createLogger, systemClock } from '../node-agent/lifecycle/index.ts'
import { openOffline } from '../node-agent/offline.ts'
import { type ControlClient, createLocalClient, parseRequest } from '../protocol/control/index.ts'
import { buildWindow } from '../test/support/console/window.ts'
import { watchBlocks } from './support/blocks.ts'
import { lookInWindow } from './support/preview-window.ts'

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '30000' },
    rounds: { type: 'string', default: '3' },
    window: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    /** Of the processes that this one starts: the home, what is changed in the folder, how often to look, and the built window to look with. */
    home: { type: 'string' },
    what: { type: 'string', default: '' },
    looks: { type: 'string', default: '1' },
    built: { type: 'string' },
  },
})

interface Look {
  readonly what: string
  readonly firstRowsMs: number
  /** CPU time of the agent's thread until then; null in a window. */
  readonly firstRowsCpuMs: number | null
  readonly endMs: number
  /** Longest time that the event loop stood still, and the CPU time of its thread in the turn that used most. */
  readonly blockMs: number
  readonly blockCpuMs: number
}

const CHANNEL = 'web'
const FILES_PER_FOLDER = 100
const SETTLE_MS = 2_500
const log = createLogger({
  level: 'error',
  json: false,
  clock: systemClock,
  write: (line) => process.stderr.write(line),
})

async function open(home: string) {
  const opened = await openOffline({ home, config: await loadConfig(home), clock: systemClock, log })
  const onUnexpected = (_name: string, error: unknown): void => {
    throw error
  }
  const { handlers } = opened
  const client = createLocalClient({ handlers, parse: parseRequest, onUnexpected })
  return { client, handlers, [Symbol.asyncDispose]: () => client.close().then(() => opened.close()) }
}

async function look(client: ControlClient, what: string): Promise<Look> {
  const [root] = (await client.call('folders', { folder: null })).rows
  const request = { folder: root?.id ?? '', channel: CHANNEL, exclude: [] }
  const blocks = watchBlocks()
  const begun = performance.now()
  const stream = client.stream('publishPreview', request)
  let [firstRowsMs, firstRowsCpuMs] = [0, 0]
  const cpu = process.threadCpuUsage()
  for (let step = await stream.next(); step.done !== true; step = await stream.next()) {
    if (firstRowsMs > 0 || step.value.kind === 'progress') continue
    firstRowsMs = performance.now() - begun
    const { user, system } = process.threadCpuUsage(cpu)
    firstRowsCpuMs = (user + system) / 1000
  }
  const endMs = performance.now() - begun
  await new Promise((resolve) => setTimeout(resolve, 20))
  const { ms, cpuMs } = blocks.stop()
  return { what, firstRowsMs, firstRowsCpuMs, endMs, blockMs: ms, blockCpuMs: cpuMs }
}

/** What a process of its own sees: nothing is warm but the kernel's cache. */
async function looksHere(home: string): Promise<readonly Look[]> {
  await using opened = await open(home)
  if (values.built !== undefined) {
    const { firstRowsMs, endMs, task } = await lookInWindow(opened.handlers, {
      folder: values.built,
      log,
      channel: CHANNEL,
    })
    const what = `${values.what}, in a window`
    return [{ what, firstRowsMs, firstRowsCpuMs: null, endMs, blockMs: task.ms, blockCpuMs: task.cpuMs }]
  }
  const looks: Look[] = []
  for (let n = 0; n < Number(values.looks); n++)
    looks.push(await look(opened.client, n === 0 ? values.what : `${values.what}, again`))
  return looks
}

const dirOf = (i: number): string => `d${((i / FILES_PER_FOLDER) % 20) | 0}/e${(i / FILES_PER_FOLDER) | 0}`

function make(dir: string, files: number): void {
  for (let i = 0; i < files; i += FILES_PER_FOLDER) mkdirSync(join(dir, dirOf(i)), { recursive: true })
  for (let i = 0; i < files; i++) writeFileSync(join(dir, dirOf(i), `f${i}`), `content ${i} `.repeat(180))
}

function looksApart(home: string, what: string, ...more: readonly string[]): readonly Look[] {
  const args = [fileURLToPath(import.meta.url), '--home', home, '--what', what, ...more, '--json']
  const ran = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(ran.stderr)
  return JSON.parse(ran.stdout)
}

async function publish(client: ControlClient, dir: string): Promise<void> {
  const asked = { dir, channel: CHANNEL, message: '', lifetimeMs: 3_600_000, dryRun: false, checksum: false, waves: [] }
  const stream = client.stream('publish', asked)
  for (let step = await stream.next(); step.done !== true; step = await stream.next());
}

async function round(files: number, built: string | undefined): Promise<readonly Look[]> {
  const work = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
  try {
    const [home, dir] = [join(work, 'home'), join(work, 'site')]
    mkdirSync(home, { mode: 0o700 })
    mkdirSync(dir)
    writeFileSync(join(home, 'config.toml'), `[web]\nroots = [${JSON.stringify(dir)}]\n`)
    make(dir, files)
    const inWindow = (what: string): readonly Look[] =>
      built === undefined ? [] : looksApart(home, what, '--built', built)
    {
      await using opened = await open(home)
      await opened.client.call('meshCreate', { name: 'bench' })
    }
    const looks = [...looksApart(home, 'everything new'), ...inWindow('everything new')]
    // A file younger than two seconds may change again unseen: nothing would be remembered of it.
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
    {
      await using opened = await open(home)
      await publish(opened.client, dir)
    }
    for (let i = 0; i < 10; i++) {
      const at = (((i + 0.5) * files) / 10) | 0
      writeFileSync(join(dir, dirOf(at), `f${at}`), `changed ${i} `.repeat(200))
    }
    looks.push(...looksApart(home, 'ten changes', '--looks', '2'), ...inWindow('ten changes'))
    mkdirSync(join(dir, 'moved'))
    for (const name of readdirSync(dir)) if (name !== 'moved') renameSync(join(dir, name), join(dir, 'moved', name))
    return [...looks, ...looksApart(home, 'everything moved'), ...inWindow('everything moved')]
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

async function rounds(): Promise<readonly Look[]> {
  const built = values.window ? mkdtempSync(join(tmpdir(), 'shoal-window-')) : undefined
  const looks: Look[] = []
  try {
    if (built !== undefined) await buildWindow(built)
    for (let n = 0; n < Number(values.rounds); n++) {
      const done = await round(Number(values.files), built)
      looks.push(...done)
      if (!values.json) for (const one of done) report(one)
    }
    return looks
  } finally {
    if (built !== undefined) rmSync(built, { recursive: true, force: true })
  }
}

const byCpu = (ms: number | null): string => (ms === null ? '' : ` (${ms.toFixed(0)} by CPU)`)

function report({ what, firstRowsMs, firstRowsCpuMs, endMs, blockMs, blockCpuMs }: Look): void {
  process.stdout.write(
    `${values.files} files, ${what}: first rows ${firstRowsMs.toFixed(0)} ms${byCpu(firstRowsCpuMs)}, end ${endMs.toFixed(0)} ms, ` +
      `longest block ${blockMs.toFixed(0)} ms${byCpu(blockCpuMs)}; load ${loadavg()[0]?.toFixed(1)}\n`,
  )
}

const looks = await (values.home === undefined ? rounds() : looksHere(values.home))
if (values.json) process.stdout.write(`${JSON.stringify(looks)}\n`)
