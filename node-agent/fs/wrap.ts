import type { TreeRoot } from './types.ts'

/** Names of the calls that change something, or open something to be changed. */
export type MutatingCall =
  | 'createFile'
  | 'openWrite'
  | 'mkdir'
  | 'symlink'
  | 'link'
  | 'rename'
  | 'unlink'
  | 'rmdir'
  | 'setMetadata'
  | 'copyRange'
  | 'syncFileSystem'
  | 'syncDirectory'

/** Told before each such call, with its arguments. What it throws is thrown instead of the call. */
export type CallHook = (call: MutatingCall, args: readonly unknown[]) => void

/** The same root, with `hook` told before every call that changes something: to record them, or to die at the n-th. */
export function wrapTreeRoot(root: TreeRoot, hook: CallHook): TreeRoot {
  const told =
    <A extends readonly unknown[], R>(call: MutatingCall, act: (...args: A) => R) =>
    (...args: A): R => {
      hook(call, args)
      return act(...args)
    }
  return {
    path: root.path,
    lstat: (path) => root.lstat(path),
    readdir: (path) => root.readdir(path),
    readlink: (path) => root.readlink(path),
    listXattrs: (path) => root.listXattrs(path),
    openRead: (path) => root.openRead(path),
    space: () => root.space(),
    tryLock: (path) => root.tryLock(path),
    batch: (work) => root.batch(work),
    close: () => root.close(),
    createFile: told('createFile', root.createFile.bind(root)),
    openWrite: told('openWrite', root.openWrite.bind(root)),
    mkdir: told('mkdir', root.mkdir.bind(root)),
    symlink: told('symlink', root.symlink.bind(root)),
    link: told('link', root.link.bind(root)),
    rename: told('rename', root.rename.bind(root)),
    unlink: told('unlink', root.unlink.bind(root)),
    rmdir: told('rmdir', root.rmdir.bind(root)),
    setMetadata: told('setMetadata', root.setMetadata.bind(root)),
    copyRange: told('copyRange', root.copyRange.bind(root)),
    syncFileSystem: told('syncFileSystem', root.syncFileSystem.bind(root)),
    syncDirectory: told('syncDirectory', root.syncDirectory.bind(root)),
  }
}
