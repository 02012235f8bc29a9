/**
 * Publishing a folder, stored and synced, beside `sha256sum` over the same warm files on all cores; publishing it again unchanged, beside `rsync -an`.
 *
 *     node bench/publish.ts [--dir DIR] [--rounds 3] [--json]
 *
 * Without DIR: one tree of 1 GiB in eight files, and one of 100,000 files of about 2.6 kB, made for the run.
 */
import { execFileSync, spawnSync } from 'node:child_process'
import { randomFillSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    dir: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
  },
})
const MAIN = fileURLToPath(new URL('../node-agent/main.ts', import.meta.url))

interface Round {
  readonly tree: string
  readonly publishSeconds: number
  readonly sha256sumSeconds: number
  readonly againSeconds: number
  readonly rsyncSeconds: number
  readonly peakMiB: number
}

/** Seconds that a command took, and its peak resident memory. @throws when it fails */
function timed(command: string, args: readonly string[]): { readonly seconds: number; readonly peakMiB: number } {
  const begun = performance.now()
  const ran = spawnSync('/usr/bin/time', ['-f', '%M', command, ...args], { encoding: 'utf8' })
  const seconds = (performance.now() - begun) / 1000
  if (ran.status !== 0) throw new Error(`${command}: ${ran.stderr}`)
  return { seconds, peakMiB: Number(ran.stderr.trim().split('\n').at(-1)) / 1024 }
}

const shoal = (home: string, ...args: readonly string[]) => timed(process.execPath, [MAIN, '--home', home, ...args])
const bash = (script: string): number => timed('bash', ['-c', script]).seconds

function measure(tree: string, dir: string, work: string): Round {
  const [home, copy] = [join(work, 'home'), join(work, 'copy')]
  for (const folder of [home, copy]) rmSync(folder, { recursive: true, force: true })
  mkdirSync(home, { mode: 0o700 })
  shoal(home, 'mesh', 'create', 'bench')
  bash(`find '${dir}' -type f -print0 | xargs -0 cat > /dev/null`)
  const sha256sumSeconds = bash(
    `find '${dir}' -type f -print0 | xargs -0 -n 64 -P ${availableParallelism()} sha256sum > /dev/null`,
  )
  const publish = ['publish', dir, '--channel', 'web', '--seed-until', '0'] as const
  const first = shoal(home, ...publish)
  const again = shoal(home, ...publish)
  execFileSync('cp', ['-a', dir, copy])
  const rsyncSeconds = timed('rsync', ['-an', `${dir}/`, `${copy}/`]).seconds
  return {
    tree,
    publishSeconds: first.seconds,
    sha256sumSeconds,
    againSeconds: again.seconds,
    rsyncSeconds,
    peakMiB: Math.max(first.peakMiB, again.peakMiB),
  }
}

function makeTrees(work: string): readonly (readonly [string, string])[] {
  const [large, many] = [join(work, 'large'), join(work, 'many')]
  mkdirSync(large)
  for (let i = 0; i < 8; i++) writeFileSync(join(large, `f${i}`), randomFillSync(Buffer.alloc(128 * 1024 * 1024)))
  for (let i = 0; i < 2000; i++) mkdirSync(join(many, `d${i % 400}`, `e${i % 5}`), { recursive: true })
  for (let i = 0; i < 100_000; i++)
    writeFileSync(join(many, `d${i % 400}`, `e${i % 5}`, `f${i}`), `content ${i} `.repeat(180))
  return [
    ['1 GiB in 8 files', large],
    ['100,000 files', many],
  ]
}

const work = mkdtempSync(join(tmpdir(), 'shoal-bench-'))
const rounds: Round[] = []
try {
  const trees = values.dir === undefined ? makeTrees(work) : [[values.dir, values.dir] as const]
  for (const [tree, dir] of trees) {
    for (let n = 0; n < Number(values.rounds); n++) {
      const round = measure(tree, dir, work)
      rounds.push(round)
      if (!values.json) report(round)
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true })
}
if (values.json) process.stdout.write(`${JSON.stringify(rounds)}\n`)

function report(r: Round): void {
  process.stdout.write(
    `${r.tree}: publish ${r.publishSeconds.toFixed(2)} s, sha256sum ${r.sha256sumSeconds.toFixed(2)} s (${(r.sha256sumSeconds / r.publishSeconds).toFixed(2)} of its rate); ` +
      `again ${r.againSeconds.toFixed(2)} s, rsync -an ${r.rsyncSeconds.toFixed(2)} s; peak ${r.peakMiB.toFixed(0)} MiB\n`,
  )
}
