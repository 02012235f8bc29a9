/**
 * The commit of one release over another, in place, beside `rsync -a --delay-updates --delete-delay` of the same pair in the same run.
 *
 *     node bench/commit.ts [--old DIR --new DIR | --entries 100000 --changed 10000] [--rounds 3] [--json]
 *
 * Prints, per round: time to observe, plan, stage and commit; the window as the commit measures it and as a bystander sees it; the bystander's window of
 * rsync; and this process's peak memory. Works in a temporary folder, on the file system of TMPDIR.
 */
import { execFile, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs, promisify } from 'node:util'
import { commitInPlace, toIntent } from '../node-agent/commit/index.ts'
import { openTreeRoot, probeCapabilities } from '../node-agent/fs/index.ts'
import { Journal } from '../node-agent/journal/index.ts'
import { pathsOf, toCommitInput } from '../node-agent/pipeline/commit-input.ts'
import { planCommit } from '../node-agent/plan/commit-plan.ts'
import { observePaths, StatCache } from '../node-agent/scan/index.ts'
import { ensureArea, INSIDE, openStaging } from '../node-agent/stage/index.ts'
import { openStore } from '../node-agent/store/store.ts'
import { parseChannelName } from '../protocol/index.ts'
import { type BenchRelease, makePair, releaseOf } from './support/release.ts'

const { values } = parseArgs({
  options: {
    old: { type: 'string' },
    new: { type: 'string' },
    entries: { type: 'string', default: '100000' },
    changed: { type: 'string', default: '10000' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
})

const OBSERVER = fileURLToPath(new URL('support/observer.ts', import.meta.url))
const copy = (from: string, to: string): void => void execFileSync('cp', ['-a', from, to])

/** Runs `work` while a bystander looks on. @returns the window that it saw, milliseconds */
async function watched(live: string, list: string, work: () => Promise<unknown>): Promise<number> {
  const observer = spawn(process.execPath, [OBSERVER, live, list], { stdio: ['pipe', 'pipe', 'inherit'] })
  await once(observer.stdout, 'data')
  await work()
  observer.stdin.end()
  const [bytes]: [Buffer] = (await once(observer.stdout, 'data')) as [Buffer]
  return (JSON.parse(bytes.toString()) as { windowMs: number }).windowMs
}

async function timed<T>(work: () => T | Promise<T>): Promise<readonly [result: Awaited<T>, ms: number]> {
  const begun = performance.now()
  const result = await work()
  return [result, performance.now() - begun]
}

async function ours(folder: string, old: BenchRelease, next: BenchRelease, list: string) {
  const live = join(folder, 'live')
  const root = openTreeRoot(live)
  const store = await openStore(join(folder, 'db'))
  const journal = new Journal({ store })
  ensureArea(root)
  const { signal } = new AbortController()
  const options = { signal, cache: new StatCache(), now: () => Date.now() }
  const paths = pathsOf(next.manifest, old.manifest).keys()
  const [observed, observeMs] = await timed(() => observePaths(root, paths, options))
  const rules = { local: () => 'overwrite' as const, isProtected: () => false }
  const input = toCommitInput(root, next.manifest, old.manifest, observed)
  const capabilities = probeCapabilities(root, INSIDE.top)
  const [plan, planMs] = await timed(() => planCommit({ ...input, ...rules, capabilities }))
  const [, stageMs] = await timed(async () => {
    const request = { manifest: next.manifest, key: next.id, slots: plan.slots }
    const staging = await openStaging(root, request, { local: next, signal })
    await staging.complete()
  })
  const channel = parseChannelName('bench')
  const intent = toIntent(root, { channel, sequence: 2, manifest: next.id, plan })
  let [windowMs, commitMs] = [0, 0]
  const seenMs = await watched(live, list, async () => {
    const deps = { root, journal, now: () => Date.now() }
    const [report, ms] = await timed(() => commitInPlace(deps, intent, next.manifest, observed))
    ;[windowMs, commitMs] = [report.windowMs, ms]
  })
  root.close()
  await store.close()
  return { operations: plan.ops.length, observeMs, planMs, stageMs, commitMs, windowMs, seenMs }
}

/** The same pair with rsync. */
async function theirs(folder: string, next: string, list: string) {
  const live = join(folder, 'rsync')
  const run = promisify(execFile)
  const args = ['-a', '--delay-updates', '--delete-delay', `${next}/`, `${live}/`]
  let ms = 0
  const seenMs = await watched(live, list, async () => void ([, ms] = await timed(() => run('rsync', args))))
  return { ms, seenMs }
}

async function main(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
  try {
    const pair =
      values.old !== undefined && values.new !== undefined
        ? { old: values.old, next: values.new }
        : makePair(folder, Number(values.entries), Number(values.changed))
    const [old, next] = [await releaseOf(pair.old), await releaseOf(pair.next)]
    const before = new Map(old.manifest.entries.map((e) => [e.path, JSON.stringify(e)]))
    const changed = next.manifest.entries.filter(
      (e) => e.kind === 'file' && before.get(e.path) !== JSON.stringify(e) && before.has(e.path),
    )
    const list = join(folder, 'list')
    writeFileSync(list, changed.map((e) => e.path).join('\n'))
    const rounds: Round[] = []
    for (let n = 0; n < Number(values.rounds); n++) {
      for (const name of ['live', 'rsync']) copy(pair.old, join(folder, name))
      const shoal = await ours(folder, old, next, list)
      const rsync = await theirs(folder, pair.next, list)
      rounds.push({
        shoal,
        rsync,
        ratio: shoal.seenMs / rsync.seenMs,
        peakRssMiB: process.resourceUsage().maxRSS / 1024,
      })
      for (const name of ['live', 'rsync', 'db']) rmSync(join(folder, name), { recursive: true })
    }
    const result = { entries: next.manifest.entries.length, changed: changed.length, rounds }
    process.stdout.write(values.json ? `${JSON.stringify(result)}\n` : text(result))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

interface Round {
  readonly shoal: Awaited<ReturnType<typeof ours>>
  readonly rsync: Awaited<ReturnType<typeof theirs>>
  /** Of the windows that the bystander saw. */
  readonly ratio: number
  readonly peakRssMiB: number
}

interface Result {
  readonly entries: number
  readonly changed: number
  readonly rounds: readonly Round[]
}

const text = ({ entries, changed, rounds }: Result): string =>
  `${[`${entries} entries, ${changed} changed files`, ...rounds.map(line)].join('\n')}\n`

const ms = (value: number): string => `${value.toFixed(value < 100 ? 1 : 0)} ms`

const line = ({ shoal, rsync, ratio, peakRssMiB }: Round): string =>
  `observe ${ms(shoal.observeMs)}  plan ${ms(shoal.planMs)}  stage ${ms(shoal.stageMs)}  commit ${ms(shoal.commitMs)}  ` +
  `window ${ms(shoal.windowMs)} for ${shoal.operations} steps (seen ${ms(shoal.seenMs)})  ` +
  `rsync ${ms(rsync.ms)}, window seen ${ms(rsync.seenMs)}  ratio ${ratio.toFixed(3)}  peak ${peakRssMiB.toFixed(0)} MiB`

await main()
