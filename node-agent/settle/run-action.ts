import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { ShoalError } from '../../protocol/index.ts'
import type { Action } from '../config/index.ts'
import type { Logger } from '../lifecycle/index.ts'
import { Tail } from './tail.ts'

/** Between SIGTERM and SIGKILL. */
const KILL_AFTER_MS = 5_000
/** After SIGKILL: what runs as another user (sudo), or hangs in the kernel, does not end of it. */
const LEAVE_AFTER_MS = 1_000

export interface ActionContext {
  /** `SHOAL_CHANNEL`, `SHOAL_SEQUENCE`, `SHOAL_ROOT`, `SHOAL_PHASE`. */
  readonly env: Readonly<Record<string, string>>
  readonly signal: AbortSignal
  readonly log: Logger
}

export interface ActionResult {
  readonly ok: boolean
  /** How it ended, in words. */
  readonly end: string
  /** Last 4 KiB of what it wrote, harmless to print. */
  readonly tail: string
  readonly durationMs: number
}

/**
 * Runs one action: no shell, in `/`, in a process group of its own, with nothing of this process's environment. At its timeout, or when `signal`
 * aborts, the whole group is ended. As another user it has that user's main group and no further groups.
 */
export async function runAction(action: Action, { env, signal, log }: ActionContext): Promise<ActionResult> {
  const begun = performance.now()
  const tail = new Tail()
  const end = signal.aborted ? GIVEN_UP : await outcomeOf(action, env, signal, tail)
  const result = { ok: end === '', end, tail: tail.text(), durationMs: performance.now() - begun }
  const durationMs = Math.round(result.durationMs)
  log.info('action-ran', { action: action.name, ok: result.ok, end, durationMs, ...env })
  return result
}

const GIVEN_UP = 'was given up'

/** @returns `''` when it did what it should, otherwise how it ended, in words */
async function outcomeOf(action: Action, env: ActionContext['env'], signal: AbortSignal, tail: Tail): Promise<string> {
  let child: ChildProcess
  try {
    child = start(action, env)
  } catch (err) {
    return notStarted(err)
  }
  child.stdout?.on('data', (bytes: Buffer) => tail.add(bytes))
  child.stderr?.on('data', (bytes: Buffer) => tail.add(bytes))
  const { promise, resolve } = Promise.withResolvers<string>()
  let why: string | undefined
  const timers: NodeJS.Timeout[] = []
  const stop = (reason: string): void => {
    if (why !== undefined) return
    why = reason
    endGroup(child, 'SIGTERM')
    timers.push(
      setTimeout(() => endGroup(child, 'SIGKILL'), KILL_AFTER_MS),
      setTimeout(() => resolve(`${reason} and cannot be ended`), KILL_AFTER_MS + LEAVE_AFTER_MS),
    )
  }
  timers.push(setTimeout(() => stop(`took longer than ${action.timeoutMs / 1000} s`), action.timeoutMs))
  const abort = (): void => stop(GIVEN_UP)
  signal.addEventListener('abort', abort)
  child.on('error', (err) => resolve(notStarted(err)))
  child.on('exit', (code, killedBy) => {
    const end = code === 0 ? '' : code === null ? `was ended by ${killedBy}` : `exited with ${code}`
    // What it wrote last may still be in the pipes; what a grandchild keeps open is not waited for.
    setImmediate(() => resolve(why ?? end))
  })
  const end = await promise
  for (const timer of timers) clearTimeout(timer)
  signal.removeEventListener('abort', abort)
  // Whatever it left in the background goes too: nothing of a hook outlives it.
  endGroup(child, 'SIGKILL')
  child.stdout?.destroy()
  child.stderr?.destroy()
  child.unref()
  return end
}

const notStarted = (err: unknown): string => `could not be started: ${err instanceof Error ? err.message : String(err)}`

function start({ argv, user }: Action, env: ActionContext['env']): ChildProcess {
  const [program = '', ...args] = argv
  if (!program.startsWith('/')) throw new ShoalError('HOOK_FAILED', 'its program is no absolute path')
  return spawn(program, args, {
    cwd: '/',
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', HOME: '/', ...env },
    ...(user !== undefined && idsOf(user)),
  })
}

/** Group that is gone already, or runs as somebody else (an agent without root that uses sudo): there is nothing that could be done. */
const LEFT: ReadonlySet<unknown> = new Set(['ESRCH', 'EPERM'])

function endGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (err) {
    if (!(err instanceof Error && 'code' in err && LEFT.has(err.code))) throw err
  }
}

/** @throws HOOK_FAILED when there is no such user */
function idsOf(user: string): { readonly uid: number; readonly gid: number } {
  for (const line of readFileSync('/etc/passwd', 'utf8').split('\n')) {
    const [name, , uid, gid] = line.split(':')
    if (name === user && uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new ShoalError('HOOK_FAILED', `there is no user ${user} on this host`)
}
