import { hash } from 'node:crypto'
import * as fs from 'node:fs'
import { join } from 'node:path'
import { commitInPlace, toIntent } from '../../node-agent/commit/index.ts'
import { openTreeRoot, type TreeRoot } from '../../node-agent/fs/index.ts'
import { type Intent, Journal } from '../../node-agent/journal/index.ts'
import { pathsOf, toCommitInput } from '../../node-agent/pipeline/commit-input.ts'
import { type CommitPlan, planCommit } from '../../node-agent/plan/commit-plan.ts'
import { observePaths, type ObservedTree, scanTree, StatCache } from '../../node-agent/scan/index.ts'
import { openStaging } from '../../node-agent/stage/index.ts'
import type { Store } from '../../node-agent/store/index.ts'
import {
  type CommitReport,
  type Digest,
  encodeManifest,
  type Manifest,
  parseChannelName,
  parseDigest,
} from '../../protocol/index.ts'

/** What a test tree has at a path: a file's text, a symlink, a further name of a file, a directory. */
export type Node =
  | { readonly file: string; readonly mode?: number }
  | { readonly link: string }
  | { readonly name: string }
  | { readonly dir: true }
export type TreeSpec = Readonly<Record<string, Node>>

export const f = (text: string, mode = 0o644): Node => ({ file: text, mode })
export const l = (target: string): Node => ({ link: target })
export const h = (first: string): Node => ({ name: first })
export const d: Node = { dir: true }

const TIME = 1_700_000_000

/** Makes a tree, parents first by path order; times are all the same, so that equal specs are equal trees. */
export function writeTree(directory: string, spec: TreeSpec): void {
  fs.mkdirSync(directory, { recursive: true })
  for (const path of Object.keys(spec).toSorted()) {
    const node = spec[path]
    if (node !== undefined) writeNode(directory, join(directory, path), node)
  }
}

function writeNode(directory: string, at: string, node: Node): void {
  if ('dir' in node) return void fs.mkdirSync(at)
  if ('name' in node) return fs.linkSync(join(directory, node.name), at)
  if ('link' in node) fs.symlinkSync(node.link, at)
  else {
    fs.writeFileSync(at, node.file)
    fs.chmodSync(at, node.mode ?? 0o644)
  }
  fs.lutimesSync(at, TIME, TIME)
}

export interface TestRelease {
  readonly manifest: Manifest
  readonly id: Digest
  readonly chunks: ReadonlyMap<Digest, Uint8Array>
}

/** Publishes a folder, in memory. */
export async function releaseOf(directory: string): Promise<TestRelease> {
  const root = openTreeRoot(directory)
  const chunks = new Map<Digest, Uint8Array>()
  const { entries, users, groups } = await scanTree(root, {
    signal: new AbortController().signal,
    onChunk: (ref, bytes) => void chunks.set(ref.digest, new Uint8Array(bytes)),
  })
  root.close()
  const settings = { consistencyGroups: [], maxWindowMs: undefined, watch: [], suggest: [] }
  const manifest: Manifest = { header: { format: 1, users, groups, settings }, entries }
  return { manifest, id: parseDigest(hash('sha256', encodeManifest(manifest), 'hex')), chunks }
}

export const CHANNEL = parseChannelName('test')
export const observeOptions = () => ({
  signal: new AbortController().signal,
  cache: new StatCache(),
  now: () => Date.now(),
})

export interface ApplyTest {
  readonly root: TreeRoot
  readonly journal: Journal
  readonly sequence: number
  readonly next: TestRelease
  readonly previous: TestRelease | undefined
}

/** A file system that can everything, on a host without policies. */
export const PLAIN_RULES = {
  capabilities: { exchange: true, noReplace: true, hardlinks: true },
  local: () => 'overwrite' as const,
  isProtected: () => false,
} as const

/** What stands ready for the commit. */
export interface Prepared {
  readonly observed: ObservedTree
  readonly plan: CommitPlan
  readonly intent: Intent
}

/** Observes, plans and stages as pipeline/apply.ts does. */
export async function prepareCommit({ root, sequence, next, previous }: ApplyTest): Promise<Prepared> {
  const observed = await observePaths(root, pathsOf(next.manifest, previous?.manifest).keys(), observeOptions())
  const plan = planCommit({ ...toCommitInput(root, next.manifest, previous?.manifest, observed), ...PLAIN_RULES })
  const local = { read: async (digest: Digest) => next.chunks.get(digest) }
  const request = { manifest: next.manifest, key: next.id, slots: plan.slots }
  const staging = await openStaging(root, request, { local, signal: new AbortController().signal })
  const refused = await staging.complete()
  if (refused.length > 0) throw new Error(`refused: ${JSON.stringify(refused)}`)
  const intent = toIntent(root, { channel: CHANNEL, sequence, manifest: next.id, plan })
  return { observed, plan, intent }
}

/** The whole way of a release into a live tree, journal ended. */
export async function applyTest(test: ApplyTest): Promise<CommitReport> {
  const { observed, intent } = await prepareCommit(test)
  const deps = { root: test.root, journal: test.journal, now: () => Date.now() }
  const report = await commitInPlace(deps, intent, test.next.manifest, observed)
  await test.journal.end(CHANNEL)
  return report
}

/** A journal that lives in memory. */
export const memoryJournal = (): Journal => new Journal({ store: memoryStore() })

/** As much of a store as a journal needs, in memory. */
export function memoryStore(): Store {
  const values = new Map<string, Uint8Array>()
  const part = { get: async (key: string) => values.get(key) }
  const write: Store['write'] = async (changes) => {
    for (const { key, value } of changes) {
      if (value === undefined) values.delete(key)
      else values.set(key, value)
    }
  }
  // Of the store, journals use no more than these.
  return { journal: part, write } as unknown as Store
}

const MUTATING = new Set(
  'createFile openWrite mkdir symlink link rename unlink rmdir setMetadata syncFileSystem'.split(' '),
)

/** The same root, with `before` called ahead of every call that changes something. */
export function watchRoot(root: TreeRoot, before: (call: string, path: unknown) => void): TreeRoot {
  return new Proxy(root, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        if (MUTATING.has(String(property))) before(String(property), args[0])
        return Reflect.apply(value, target, args)
      }
    },
  })
}

/** A root whose changes are not flushed, for tests that do not cut the power. */
export function unsyncedRoot(directory: string): TreeRoot {
  const root = openTreeRoot(directory)
  return new Proxy(root, {
    get(target, property) {
      if (property === 'syncFileSystem') return () => undefined
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}

/** Everything outside `.shoal` in words: kind, mode, content, time (not of directories), which names are one inode. */
export function snapshot(directory: string): Readonly<Record<string, string>> {
  const out: Record<string, string> = {}
  const first = new Map<bigint, string>()
  const walk = (path: string): void => {
    const at = join(directory, path)
    const stat = fs.lstatSync(at, { bigint: true })
    const mode = (stat.mode & 0o7777n).toString(8)
    if (stat.isDirectory()) {
      out[path] = `directory ${mode}`
      for (const name of fs.readdirSync(at).toSorted()) {
        if (path !== '' || name !== '.shoal') walk(path === '' ? name : `${path}/${name}`)
      }
    } else if (stat.isSymbolicLink()) out[path] = `symlink ${fs.readlinkSync(at)} ${stat.mtimeNs}`
    else {
      const same = first.get(stat.ino)
      first.set(stat.ino, same ?? path)
      out[path] = same === undefined ? `file ${mode} ${stat.mtimeNs} ${fs.readFileSync(at, 'utf8')}` : `name of ${same}`
    }
  }
  walk('')
  return out
}
