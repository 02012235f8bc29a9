import * as fs from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type FsCapabilities, openTreeRoot, type TreeRoot } from '../../node-agent/fs/index.ts'

/** One file system to prove the calls on. */
export interface TreeRootSetup {
  readonly name: string
  /** An empty directory on it, for one test. */
  readonly directory: () => string
  /** What probing must find there; undefined where the machine decides. */
  readonly capabilities: FsCapabilities | undefined
}

/** A tree, and a directory beside it that no call may reach. */
export interface Fixture {
  readonly root: TreeRoot
  readonly top: string
  readonly outside: string
}

export const NOTHING = { uid: undefined, gid: undefined, mode: undefined, xattrs: undefined, mtimeNs: undefined }
export const AS_ROOT = process.getuid?.() === 0
if (!AS_ROOT) console.warn('NOT RUN: tests of owners need root')

export function openRoot(directory: string): TreeRoot {
  const root = openTreeRoot(directory)
  onTestFinished(() => root.close())
  return root
}

export function openFixture({ directory }: TreeRootSetup): Fixture {
  const above = directory()
  const [top, outside] = [join(above, 'tree'), join(above, 'outside')]
  fs.mkdirSync(top)
  fs.mkdirSync(outside)
  fs.writeFileSync(join(outside, 'file'), 'outside')
  return { root: openRoot(top), top, outside }
}
