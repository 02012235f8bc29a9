import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { toByteString } from '../../protocol/index.ts'
import { isBlockDevice, type MappedFile, parseMapsLine } from './maps.ts'
import { commandOf, unitOf, type Use } from './process.ts'
import { Slices } from './slices.ts'
import { inodeKey, type InodeUse, type ProcessTable, TableBuilder } from './table.ts'

/** Clock ticks a second in /proc; USER_HZ has been 100 on every architecture that Debian runs on (proc(5), sysconf(3)). */
const TICKS = 100

/** A process ended, or a file of it was closed, while it was looked at. */
const GONE: ReadonlySet<unknown> = new Set(['ENOENT', 'ESRCH', 'EINVAL', 'ENOTDIR', 'ELOOP'])

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
  const scan = new Scan(proc, slices)
  const pids = readdirSync(proc).filter((name) => /^\d+$/.test(name))
  for (const name of pids) {
    await slices.next()
    if (Number(name) !== process.pid) await scan.look(Number(name))
  }
  return scan.table(pids)
}

class Scan {
  readonly #proc: string
  readonly #slices: Slices
  readonly #bootMs: number
  readonly #builder = new TableBuilder()

  constructor(proc: string, slices: Slices) {
    this.#proc = proc
    this.#slices = slices
    const bootSeconds = /^btime (\d+)$/m.exec(readFileSync(`${proc}/stat`, 'latin1'))?.[1]
    this.#bootMs = Number(bootSeconds ?? 0) * 1000
  }

  async look(pid: number): Promise<void> {
    const base = `${this.#proc}/${pid}`
    const stat = this.#try(() => readFileSync(`${base}/stat`, 'latin1'))
    if (stat === undefined) return
    // Fields after the command, which may hold anything, parentheses included; the first of them is field 3.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    const [state, threads, startTicks] = [fields[0], Number(fields[17] ?? 0), Number(fields[19] ?? 0)]
    // It has ended and waits only for its parent.
    if (state === 'Z' && threads <= 1) return
    const seen = new Seen()
    // The first thread may have ended before the others: then only theirs show what the process uses.
    const from = state === 'Z' ? (this.#livingThread(base) ?? base) : base
    for (const [name, use] of LINKS) this.#link(`${from}/${name}`, use, seen)
    for (const fd of this.#try(() => readdirSync(`${from}/fd`)) ?? []) {
      this.#link(`${from}/fd/${fd}`, 'open', seen)
      if (this.#slices.due) await this.#slices.next()
    }
    for (const line of this.#try(() => readFileSync(`${from}/maps`, 'latin1'))?.split('\n') ?? []) {
      const file = parseMapsLine(line)
      if (file !== undefined) this.#mapped(base, file, seen)
      if (this.#slices.due) await this.#slices.next()
    }
    const cmdline = this.#try(() => readFileSync(`${from}/cmdline`))
    this.#builder.add(
      {
        pid,
        startedAtMs: this.#bootMs + Math.floor((startTicks * 1000) / TICKS),
        unit: unitOf(this.#try(() => readFileSync(`${base}/cgroup`, 'latin1')) ?? ''),
        command: commandOf(cmdline ?? new Uint8Array(), stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))),
        paths: [...seen.paths],
      },
      seen.uses.values(),
    )
  }

  #livingThread(base: string): string | undefined {
    const threads = this.#try(() => readdirSync(`${base}/task`)) ?? []
    return threads
      .map((id) => `${base}/task/${id}`)
      .find((thread) => this.#try(() => readlinkSync(`${thread}/exe`)) !== undefined)
  }

  #link(link: string, use: Use, seen: Seen): void {
    // A kernel thread has no executable.
    const path = this.#try(() => toByteString(readlinkSync(link, { encoding: 'buffer' })))
    if (path === undefined || !path.startsWith('/')) return
    const stat = this.#try(() => statSync(link, { bigint: true }))
    if (stat !== undefined) seen.add(inodeKey(stat.dev, stat.ino), use, path)
  }

  #mapped(base: string, file: MappedFile, seen: Seen): void {
    const { device, inode, path, range } = file
    if (!seen.isNewMapping(device, inode, path)) return
    // Only some privilege may follow these links, and they go with every change of a mapping: the number of the inode is known in any case.
    const stat = statOf(`${base}/map_files/${range}`)
    const known = isBlockDevice(device) ? inodeKey(device, inode) : inode
    seen.add(stat === undefined ? known : inodeKey(stat.dev, stat.ino), 'mapped', path)
  }

  /** undefined when the process is gone, or cannot be looked into: then the table is not complete. */
  #try<T>(read: () => T): T | undefined {
    try {
      return read()
    } catch (err) {
      // EACCES and EPERM of the kernel, but also anything that a broken network file system says of a file that somebody has open.
      if (!GONE.has(codeOf(err))) this.#builder.complete = false
      return undefined
    }
  }

  table(pids: readonly string[]): ProcessTable {
    // Where /proc hides other users' processes (hidepid in proc(5)), the first of all is among them.
    if (!pids.includes('1')) this.#builder.complete = false
    return this.#builder.table()
  }
}

const LINKS = [
  ['exe', 'executable'],
  ['cwd', 'directory'],
  ['root', 'directory'],
] as const

/** What one process uses, each once: some have the same file open thousands of times. */
class Seen {
  readonly paths = new Set<string>()
  readonly uses = new Map<string, InodeUse>()
  readonly #mappings = new Set<string>()

  add(key: InodeUse['key'], use: Use, path: string): void {
    this.paths.add(path)
    this.uses.set(`${use} ${key}`, { key, use })
  }

  isNewMapping(device: bigint, inode: bigint, path: string): boolean {
    const size = this.#mappings.size
    return this.#mappings.add(`${inodeKey(device, inode)} ${path}`).size > size
  }
}

function statOf(link: string): { readonly dev: bigint; readonly ino: bigint } | undefined {
  try {
    return statSync(link, { bigint: true })
  } catch (err) {
    if (codeOf(err) === undefined) throw err
    return undefined
  }
}

/** @throws what is no error of a system call */
function codeOf(err: unknown): unknown {
  if (err instanceof Error && 'code' in err) return err.code
  throw err
}
