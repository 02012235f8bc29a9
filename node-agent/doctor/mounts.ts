/** One line of /proc/self/mountinfo (proc(5)). */
export interface Mount {
  readonly point: string
  /** Name of the file system: `ext4`, `nfs4`, `fuse.sshfs`. */
  readonly type: string
  readonly readOnly: boolean
}

/** Later mounts hide earlier ones, so they come last. A line that is not understood is left out. */
export function parseMountInfo(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , , point, options = ''] = before.split(' ')
    const [type, , superOptions = ''] = after.split(' ')
    if (point === undefined || type === undefined || type === '') return []
    const readOnly = [options, superOptions].some((list) => list.split(',').includes('ro'))
    return [{ point: unescape(point), type, readOnly }]
  })
}

/** Blanks, tabs, line ends and backslashes are octal there. */
const unescape = (path: string): string =>
  path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))

const below = (path: string, top: string): boolean => path.startsWith(top === '/' ? '/' : `${top}/`) && path !== top

/** The file system that a path lies on. `path` is absolute and free of symlinks. */
export const mountOf = (mounts: readonly Mount[], path: string): Mount | undefined =>
  mounts
    .filter(({ point }) => point === path || below(path, point))
    // Of equal length the later one, which lies on top.
    .reduce<Mount | undefined>(
      (best, mount) => (mount.point.length >= (best?.point.length ?? 0) ? mount : best),
      undefined,
    )

/** Points of other file systems inside a directory. */
export const mountsBelow = (mounts: readonly Mount[], path: string): readonly string[] => [
  ...new Set(mounts.map(({ point }) => point).filter((point) => below(point, path))),
]
