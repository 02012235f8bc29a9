import { execFileSync, spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** What another program sends for a pair, as the sizes of the files that it would fetch; null where it is not installed. */
export interface PeerCost {
  readonly bytes: number
  /** Of the publisher's side: what it does once a release. */
  readonly publisherCpuSeconds: number
}

const isInstalled = (program: string): boolean => spawnSync(program, ['--version']).error === undefined

/** Seconds of CPU that a command took, its children included. @throws what it said */
function timed(command: string): number {
  const ran = spawnSync('bash', ['-c', `TIMEFORMAT='%U %S'; time ${command}`], { encoding: 'utf8' })
  if (ran.status !== 0) throw new Error(`${command}: ${ran.stderr}`)
  const [user = 0, system = 0] = ran.stderr.trim().split('\n').at(-1)?.split(' ').map(Number) ?? []
  return user + system
}

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true }))
    if (entry.isFile()) yield join(entry.parentPath, entry.name)
}

const sizeOf = (paths: Iterable<string>): number => [...paths].reduce((sum, path) => sum + statSync(path).size, 0)

/** casync, seeded with the old tree: the new index, and the chunks that the old one does not have. */
export function casyncCost(pair: string, work: string): PeerCost | null {
  if (!isInstalled('casync')) return null
  const store = join(work, 'casync')
  const make = (name: string): number =>
    timed(
      `casync make --without=all --with=unix --store='${store}' '${join(work, `${name}.caidx`)}' '${join(pair, name)}' >/dev/null`,
    )
  make('old')
  const before = new Set(filesBelow(store))
  const publisherCpuSeconds = make('new')
  const added = [...filesBelow(store)].filter((path) => !before.has(path))
  return { bytes: sizeOf([join(work, 'new.caidx'), ...added]), publisherCpuSeconds }
}

/** An ostree static delta: the file itself, without what finding it costs. */
export function ostreeCost(pair: string, work: string): PeerCost | null {
  if (!isInstalled('ostree')) return null
  const repo = join(work, 'ostree')
  const ostree = (...args: readonly string[]): string =>
    execFileSync('ostree', [`--repo=${repo}`, ...args], { encoding: 'utf8' }).trim()
  ostree('init', '--mode=archive')
  const [from, to] = ['old', 'new'].map((name) => ostree('commit', '-b', name, `--tree=dir=${join(pair, name)}`))
  const publisherCpuSeconds = timed(
    `ostree --repo='${repo}' static-delta generate --from=${from} --to=${to} >/dev/null`,
  )
  return { bytes: sizeOf(filesBelow(join(repo, 'deltas'))), publisherCpuSeconds }
}
