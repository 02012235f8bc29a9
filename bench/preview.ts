/**
 * Looking at a folder of many files before publishing it: time to the first rows, to the end, and the longest time that the event loop stood still; with
 * everything new, and, in a process that knows the folder from its last publish alone, with ten changes.
 *
 *     node bench/preview.ts [--files 30000] [--rounds 3] [--json]
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadConfig } from '../node-agent/config/index.ts'
import { createLogger, systemClock } from '../node-agent/lifecycle/index.ts'
import { openOffline } from '../node-agent/offline.ts'
import { type ControlClient, createLocalClient, parseRequest } from '../protocol/control/index.ts'

const { values } = parseArgs({
  options: {
    files: { type: 'string', default: '30000' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    /** Of the processes that this one starts: the home. */
    home: { type: 'string' },
  },
})

interface Look {
  readonly what: string
  readonly firstRowsMs: number
  readonly endMs: number
  /** Longest time that the event loop stood still. */
  readonly blockMs: number
  readonly changes: number
}

const FILES_PER_FOLDER = 100
const SETTLE_MS = 2_500

async function open(home: string) {
  const log = createLogger({
    level: 'error',
    json: false,
    clock: systemClock,
    write: (line) => process.stderr.write(line),
  })
  const opened = await openOffline({ home, config: await loadConfig(home), clock: systemClock, log })
  const onUnexpected = (_name: string, error: unknown): void => {
    throw error
  }
  const client = createLocalClient({ handlers: opened.handlers, parse: parseRequest, onUnexpected })
  return { client, [Symbol.asyncDispose]: () => client.close().then(() => opened.close()) }
}

async function look(client: ControlClient, what: string): Promise<Look> {
  const [root] = (await client.call('folders', { folder: null })).rows
  const request = { folder: root?.id ?? '', channel: 'web', exclude: [] }
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const begun = performance.now()
  const stream = client.stream('publishPreview', request)
  let firstRowsMs = 0
  for (;;) {
    const step = await stream.next()
    const ms = performance.now() - begun
    if (step.done !== true) {
      if (firstRowsMs === 0 && (step.value.kind === 'rows' || step.value.kind === 'updates')) firstRowsMs = ms
      continue
    }
    await new Promise((resolve) => setTimeout(resolve, 20))
    delay.disable()
    const { added, changed, removed, renamed } = step.value
    return { what, firstRowsMs, endMs: ms, blockMs: delay.max / 1e6, changes: added + changed + removed + renamed }
  }
}

const dirOf = (i: number): string => `d${((i / FILES_PER_FOLDER) % 20) | 0}/e${(i / FILES_PER_FOLDER) | 0}`

function make(dir: string, files: number): void {
  for (let i = 0; i < files; i += FILES_PER_FOLDER) mkdirSync(join(dir, dirOf(i)), { recursive: true })
  for (let i = 0; i < files; i++) writeFileSync(join(dir, dirOf(i), `f${i}`), `content ${i} `.repeat(180))
}

/** One look in a process of its own: nothing is warm but the kernel's cache. */
function lookApart(home: string): readonly Look[] {
  const ran = spawnSync(process.execPath, [fileURLToPath(import.meta.url), '--home', home, '--json'], {
    encoding: 'utf8',
  })
  if (ran.status !== 0) throw new Error(ran.stderr)
  return JSON.parse(ran.stdout)
}

async function round(files: number): Promise<readonly Look[]> {
  const work = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
  try {
    const [home, dir] = [join(work, 'home'), join(work, 'site')]
    mkdirSync(home, { mode: 0o700 })
    mkdirSync(dir)
    writeFileSync(join(home, 'config.toml'), `[web]\nroots = [${JSON.stringify(dir)}]\n`)
    make(dir, files)
    const looks: Look[] = []
    {
      await using opened = await open(home)
      const { client } = opened
      await client.call('meshCreate', { name: 'bench' })
      looks.push(await look(client, 'everything new'))
      // A file younger than two seconds may change again unseen: nothing would be remembered of it.
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
      const publish = {
        dir,
        channel: 'web',
        message: '',
        lifetimeMs: 3_600_000,
        dryRun: false,
        checksum: false,
        waves: [],
      }
      const stream = client.stream('publish', publish)
      for (let step = await stream.next(); step.done !== true; step = await stream.next());
    }
    for (let i = 0; i < 10; i++) {
      const at = (((i + 0.5) * files) / 10) | 0
      writeFileSync(join(dir, dirOf(at), `f${at}`), `changed ${i} `.repeat(200))
    }
    looks.push(...lookApart(home))
    return looks
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

const looks: Look[] = []
if (values.home === undefined) {
  for (let n = 0; n < Number(values.rounds); n++) {
    const done = await round(Number(values.files))
    looks.push(...done)
    if (!values.json) for (const one of done) report(one)
  }
} else {
  await using opened = await open(values.home)
  looks.push(await look(opened.client, 'ten changes, first look of the process'))
  looks.push(await look(opened.client, 'ten changes, again'))
}
if (values.json) process.stdout.write(`${JSON.stringify(looks)}\n`)

function report({ what, firstRowsMs, endMs, blockMs, changes }: Look): void {
  process.stdout.write(
    `${values.files} files, ${what}: first rows ${firstRowsMs.toFixed(0)} ms, end ${endMs.toFixed(0)} ms, longest block ${blockMs.toFixed(0)} ms, ${changes} changes\n`,
  )
}
