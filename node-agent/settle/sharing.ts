import { readdirSync, readFileSync } from 'node:fs'

/** Magic numbers of file systems whose files other machines, or a server, may hold (statfs(2), linux/magic.h). */
const SHARED_TYPES: ReadonlySet<number> = new Set([
  0x6969, // NFS
  0x517b, // SMB
  0xff534d42, // CIFS
  0xfe534d42, // SMB2
  0x65735546, // FUSE
  0x01021997, // 9P
  0x5346414f, // AFS
  0x00c36400, // Ceph
  0x01161970, // GFS2
  0x7461636f, // OCFS2
  0x0bd00bd0, // Lustre
])

/** Where exports are told. */
export interface ExportFiles {
  readonly exports: readonly string[]
  readonly exportsFolder: string
  readonly samba: string
}

const FILES: ExportFiles = {
  exports: ['/etc/exports', '/var/lib/nfs/etab'],
  exportsFolder: '/etc/exports.d',
  samba: '/etc/samba/smb.conf',
}

/**
 * Whether other machines may use files below `root`, so that nobody here sees who holds them: a network file system, or a directory that is exported
 * (exports(5), smb.conf(5)), lies in one, or holds one.
 * @param type magic number of its file system
 */
export function isShared(root: string, type: number, files: ExportFiles = FILES): boolean {
  // statfs gives some of them as negative numbers.
  if (SHARED_TYPES.has(type >>> 0)) return true
  return exported(files).some((path) => contains(path, root) || contains(root, path))
}

const contains = (outer: string, inner: string): boolean =>
  inner === outer || inner.startsWith(outer.endsWith('/') ? outer : `${outer}/`)

function exported({ exports, exportsFolder, samba }: ExportFiles): string[] {
  const extra = list(exportsFolder).filter((name) => name.endsWith('.exports'))
  const lines = [...exports, ...extra.map((name) => `${exportsFolder}/${name}`)].flatMap((file) =>
    read(file).split('\n'),
  )
  const nfs = lines.map(firstField).filter((path) => path.startsWith('/'))
  const smb = read(samba)
    .split('\n')
    .flatMap((line) => /^\s*(?:path|directory)\s*=\s*(\/.*?)\s*$/.exec(line)?.[1] ?? [])
    // A share of a path with a variable may be anything below what comes before it.
    .map((path) => path.replace(/%.*$/, ''))
  return [...nfs, ...smb].map((path) => (path.length > 1 ? path.replace(/\/+$/, '') : path))
}

/** The path of a line of exports(5): in double quotes, or up to white space; three octal digits after a backslash are a character. */
function firstField(line: string): string {
  const [, quoted, plain] = /^\s*(?:"([^"]*)"|([^\s#"]+))/.exec(line) ?? []
  const path = quoted ?? plain ?? ''
  return path.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

/** A file that is not there, or may not be read, exports nothing that this agent could know. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (err) {
    if (err instanceof Error && 'code' in err) return ''
    throw err
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (err) {
    if (err instanceof Error && 'code' in err) return []
    throw err
  }
}
