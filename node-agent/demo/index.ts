import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { PublishResult } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/index.ts'
import type { StatusDocument } from '../../protocol/status/index.ts'
import type { DemoOptions } from '../cli/seams.ts'
import { compareTrees } from './compare.ts'
import { CHANNEL, createDemoMesh, type DemoHost } from './mesh.ts'
import { Program, type Watch } from './processes.ts'
import { formatTable, wireBytesOf } from './summary.ts'
import { waitForConvergence } from './watch.ts'

const CONVERGE_MS = 50_000

/** Two releases of a real package that npm put on disk as development dependencies. */
const DEFAULT_TREES = ['demo-release-1', 'demo-release-2'].map((name) =>
  fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url)),
)

/** What the demo proved, also its `--json` document. */
interface DemoResult {
  readonly hosts: number
  readonly seconds: number
  readonly treeBytes: number
  readonly wireBytes: { readonly v1: number; readonly v2: number }
  readonly commits: readonly { readonly host: string; readonly operations: number; readonly windowMs: number }[]
  readonly compared: number
}

/**
 * A whole mesh on this machine with a real tree, run through the command line as a user would: create, enrol, publish two releases, pull one
 * host's plug and stop another during the second, converge, compare every tree with its source. Leaves nothing behind unless `keep`.
 * @throws ShoalError unless every host proved version 2 and every tree equals its source
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const [oldTree, newTree] = options.trees ?? defaultTrees()
  const folder = await mkdtemp(join(tmpdir(), 'shoal-demo-'))
  const program = new Program(options)
  const say = (text: string): void => (options.json ? options.stderr : options.stdout)(`${text}\n`)
  try {
    const result = await play(program, folder, { ...options, oldTree, newTree }, say)
    if (options.json) options.stdout(`${JSON.stringify(result)}\n`)
    if (options.keep) say(`kept in ${folder}`)
  } finally {
    await program.killAll()
    if (!options.keep) await rm(folder, { recursive: true, force: true })
  }
}

function defaultTrees(): readonly [string, string] {
  const [oldTree, newTree] = DEFAULT_TREES
  if (oldTree === undefined || newTree === undefined || !existsSync(oldTree) || !existsSync(newTree)) {
    throw new ShoalError(
      'SOURCE_INVALID',
      'the demo’s package is not installed here; name two folders with --trees OLD NEW',
    )
  }
  return [oldTree, newTree]
}

async function play(
  program: Program,
  folder: string,
  options: DemoOptions & { readonly oldTree: string; readonly newTree: string },
  say: (text: string) => void,
): Promise<DemoResult> {
  const started = Date.now()
  const { admin, hosts } = await createDemoMesh(program, folder, options, say)
  const goal = { hosts: hosts.length, timeoutMs: CONVERGE_MS }

  const first = await publish(program, admin, options.oldTree, say)
  const v1 = await waitForConvergence(program, admin, { ...goal, sequence: first.sequence }, say)

  const [victim, sleeper] = [hosts[0], hosts.at(-1)]
  if (victim === undefined || sleeper === undefined) throw new ShoalError('USAGE', 'the demo needs at least one host')
  if (sleeper !== victim) {
    await sleeper.agent.stop()
    say(`stopped ${sleeper.name}: it will miss the publishing of version 2`)
  }
  const atWork = program.watch(victim.home, ['status', '--watch'], knowsRelease(first.sequence + 1))
  await atWork.ready
  const [second] = await Promise.all([
    publish(program, admin, options.newTree, say),
    killInTheMiddle(atWork, victim, say),
  ])
  victim.agent = await program.agent(victim.home)
  if (sleeper !== victim) sleeper.agent = await program.agent(sleeper.home)
  say(`started ${[...new Set([victim.name, sleeper.name])].join(' and ')} again`)
  const v2 = await waitForConvergence(program, admin, { ...goal, sequence: second.sequence }, say)

  for (const host of hosts) await mustEqual(options.newTree, host)
  const seconds = (Date.now() - started) / 1000
  say(`compared ${hosts.length} live trees with the source, byte by byte and by metadata: all equal`)
  say(formatTable(v2))
  const result = {
    hosts: hosts.length,
    seconds,
    treeBytes: second.bytes,
    wireBytes: { v1: wireBytesOf(v1), v2: wireBytesOf(v2) },
  }
  say(
    `version 2 crossed the wire with ${result.wireBytes.v2} bytes for ${hosts.length} hosts; the tree has ${second.bytes} bytes ` +
      `(${((100 * result.wireBytes.v2) / Math.max(1, second.bytes * hosts.length)).toFixed(1)} % of a full copy each). ${seconds.toFixed(1)} s in all.`,
  )
  for (const host of hosts) await host.agent.stop()
  return {
    ...result,
    commits: v2.states.map((s) => ({
      host: s.host,
      operations: s.commit?.operations ?? 0,
      windowMs: s.commit?.windowMs ?? 0,
    })),
    compared: hosts.length,
  }
}

async function publish(
  program: Program,
  admin: string,
  tree: string,
  say: (text: string) => void,
): Promise<PublishResult> {
  const result = (await program.json(admin, 'publish', tree, '--channel', CHANNEL)) as PublishResult
  say(
    `published ${tree} as version ${result.sequence}: ${result.entries} entries, ${result.bytes} bytes, ${result.newBytes} of them new`,
  )
  return result
}

/** SIGKILL as soon as the host itself says that it heard of the release: then it is at work on it. */
async function killInTheMiddle(atWork: Watch, host: DemoHost, say: (text: string) => void): Promise<void> {
  const status = (await atWork.found) as StatusDocument
  await host.agent.kill()
  const own = status.channels.find((c) => c.name === CHANNEL)?.states.find((s) => s.host === host.name)
  say(
    `pulled the plug of ${host.name} (SIGKILL); its last word was "${own?.state ?? 'idle'}" with ${Math.round((own?.progress ?? 0) * 100)} %`,
  )
}

const knowsRelease =
  (sequence: number) =>
  (document: unknown): boolean =>
    (document as StatusDocument).channels.some((c) => c.name === CHANNEL && c.sequence >= sequence)

async function mustEqual(source: string, host: DemoHost): Promise<void> {
  const differences = await compareTrees(source, host.root)
  if (differences.length > 0) {
    throw new ShoalError('DRIFT_FOUND', `the tree of ${host.name} is not the source:\n${differences.join('\n')}`)
  }
}
