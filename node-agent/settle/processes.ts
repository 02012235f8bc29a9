import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { displayPath, type StaleReason, toByteString } from '../../protocol/index.ts'
import { Slices } from './slices.ts'

/** Clock ticks a second in /proc; USER_HZ has been 100 on every architecture that Debian runs on (proc(5), sysconf(3)). */
const TICKS = 100
const COMMAND_CHARS = 256

/** How a process uses an inode; `watched` is told elsewhere. */
export type Use = Exclude<StaleReason, 'watched'>

/** One process, as /proc shows it. */
export interface Process {
  readonly pid: number
  readonly startedAtMs: number
  /** systemd unit of its control group; `''` for none. */
  readonly unit: string
  /** Command line, harmless to print, at most 256 characters. */
  readonly command: string
  /** Where its executable, working directory, root, open and mapped files are, as the kernel names them now. */
  readonly paths: readonly string[]
}

export interface Holder {
  readonly process: Process
  readonly use: Use
}

/** Every process of this host that may be looked at, and the inodes that they use. */
export interface ProcessTable {
  readonly processes: readonly Process[]
  holders(device: bigint, inode: bigint): readonly Holder[]
  holds(device: bigint, inode: bigint): boolean
  /** Every process could be looked into. Without root, those of other users cannot. */
  readonly complete: boolean
}

/** Key of an inode in maps. */
export const inodeKey = (device: bigint, inode: bigint): string => `${device}:${inode}`

/**
 * Looks at all processes but this one. Reads /proc only; a process that ends meanwhile is left out.
 * @throws CANCELLED
 */
export async function scanProcesses(options: {
  readonly signal: AbortSignal
  readonly proc?: string
}): Promise<ProcessTable> {
  const proc = options.proc ?? '/proc'
  const slices = new Slices(options.signal)
  const scan = new Scan(proc)
  for (const name of readdirSync(proc)) {
    if (!/^\d+$/.test(name) || Number(name) === process.pid) continue
    scan.look(Number(name))
    await slices.next()
  }
  return scan.table()
}

class Scan {
  readonly #proc: string
  readonly #bootMs: number
  readonly #processes: Process[] = []
  readonly #byInode = new Map<string, Holder[]>()
  /** Mapped inodes that only `maps` tells, which names another device than stat does on some file systems (btrfs). */
  readonly #mapped = new Map<bigint, Holder[]>()
  #complete = true

  constructor(proc: string) {
    this.#proc = proc
    const bootSeconds = /^btime (\d+)$/m.exec(readFileSync(`${proc}/stat`, 'latin1'))?.[1]
    this.#bootMs = Number(bootSeconds ?? 0) * 1000
  }

  look(pid: number): void {
    const base = `${this.#proc}/${pid}`
    const stat = this.#try(() => readFileSync(`${base}/stat`, 'latin1'))
    if (stat === undefined) return
    // Fields after the command, which may hold anything, parentheses included; the first of them is field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const uses: { readonly key: string | bigint; readonly use: Use }[] = []
    const paths: string[] = []
    for (const [name, use] of [
      ['exe', 'executable'],
      ['cwd', 'directory'],
      ['root', 'directory'],
    ] as const) {
      this.#add(`${base}/${name}`, use, uses, paths)
    }
    for (const fd of this.#try(() => readdirSync(`${base}/fd`)) ?? [])
      this.#add(`${base}/fd/${fd}`, 'open', uses, paths)
    this.#maps(base, uses, paths)
    const process: Process = {
      pid,
      startedAtMs: this.#bootMs + Math.floor((Number(fields[19] ?? 0) * 1000) / TICKS),
      unit: unitOf(this.#try(() => readFileSync(`${base}/cgroup`, 'latin1')) ?? ''),
      command: commandOf(
        this.#try(() => readFileSync(`${base}/cmdline`)),
        stat,
      ),
      paths,
    }
    this.#processes.push(process)
    for (const { key, use } of uses) this.#note(key, { process, use })
  }

  #add(link: string, use: Use, uses: { key: string | bigint; use: Use }[], paths: string[]): void {
    // A kernel thread has no executable.
    const path = this.#try(() => toByteString(readlinkSync(link, { encoding: 'buffer' })))
    if (path === undefined || !path.startsWith('/')) return
    const stat = this.#try(() => statSync(link, { bigint: true }))
    if (stat === undefined) return
    paths.push(path)
    uses.push({ key: inodeKey(stat.dev, stat.ino), use })
  }

  #maps(base: string, uses: { key: string | bigint; use: Use }[], paths: string[]): void {
    const maps = this.#try(() => readFileSync(`${base}/maps`, 'latin1'))
    const seen = new Set<string>()
    for (const line of maps?.split('\n') ?? []) {
      const [, inode = '0', path = ''] = /^\S+ \S+ \S+ \S+ (\d+) +(.*)$/.exec(line) ?? []
      if (inode === '0' || !path.startsWith('/') || seen.has(`${inode} ${path}`)) continue
      seen.add(`${inode} ${path}`)
      paths.push(path.replaceAll('\\012', '\n'))
      uses.push({ key: BigInt(inode), use: 'mapped' })
    }
  }

  #note(key: string | bigint, holder: Holder): void {
    if (typeof key === 'bigint') push(this.#mapped, key, holder)
    else push(this.#byInode, key, holder)
  }

  /** undefined when the process is gone, or may not be looked into: then the table is not complete. */
  #try<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (err) {
      const code = err instanceof Error && 'code' in err ? err.code : undefined
      if (code === 'EACCES' || code === 'EPERM') this.#complete = false
      else if (code !== 'ENOENT' && code !== 'ESRCH' && code !== 'EINVAL' && code !== 'ENOTDIR' && code !== 'ELOOP')
        throw err
      return undefined
    }
  }

  table(): ProcessTable {
    const holders = (device: bigint, inode: bigint): readonly Holder[] => [
      ...(this.#byInode.get(inodeKey(device, inode)) ?? []),
      ...(this.#mapped.get(inode) ?? []),
    ]
    return {
      processes: this.#processes,
      holders,
      holds: (device, inode) => holders(device, inode).length > 0,
      complete: this.#complete,
    }
  }
}

function push<K>(map: Map<K, Holder[]>, key: K, holder: Holder): void {
  const list = map.get(key)
  if (list === undefined) map.set(key, [holder])
  else list.push(holder)
}

/** The innermost systemd unit in the lines of a process's control groups, of either version (systemd.unit(5)). */
function unitOf(cgroups: string): string {
  const names = cgroups
    .split('\n')
    .map((line) => line.split(':').slice(2).join(':'))
    .flatMap((path) =>
      path
        .split('/')
        .filter((name) => /\.(service|scope|socket|mount)$/.test(name))
        .slice(-1),
    )
  return names[0] === undefined ? '' : displayPath(names[0])
}

function commandOf(cmdline: Buffer | undefined, stat: string): string {
  const words = toByteString(cmdline ?? Buffer.alloc(0))
    .replace(/\0+$/, '')
    .replaceAll('\0', ' ')
  const name = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
  return displayPath(words === '' ? name : words).slice(0, COMMAND_CHARS)
}
