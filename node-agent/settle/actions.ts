import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { displayPath, ShoalError, toByteString } from '../../protocol/index.ts'
import type { Action } from '../config/index.ts'
import type { Logger } from '../lifecycle/index.ts'

const TAIL_BYTES = 4096
/** Between SIGTERM and SIGKILL. */
const KILL_AFTER_MS = 5_000
const SYSTEMCTL = '/usr/bin/systemctl'
const UNIT_TIMEOUT_MS = 90_000

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
  const [program = '', ...args] = action.argv
  const begun = performance.now()
  const tail = new Tail()
  const ended = await new Promise<string>((resolve) => {
    let child: ChildProcess
    try {
      child = spawn(program, args, {
        cwd: '/',
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8', HOME: '/', ...env },
        ...(action.user !== undefined && idsOf(action.user)),
      })
    } catch (err) {
      return resolve(`could not be started: ${err instanceof Error ? err.message : String(err)}`)
    }
    let why: string | undefined
    let killer: NodeJS.Timeout | undefined
    const stop = (reason: string): void => {
      why ??= reason
      endGroup(child, 'SIGTERM')
      killer ??= setTimeout(() => endGroup(child, 'SIGKILL'), KILL_AFTER_MS)
    }
    const timer = setTimeout(() => stop(`took longer than ${action.timeoutMs / 1000} s`), action.timeoutMs)
    const abort = (): void => stop('was given up')
    signal.addEventListener('abort', abort)
    if (signal.aborted) abort()
    child.stdout?.on('data', (bytes: Buffer) => tail.add(bytes))
    child.stderr?.on('data', (bytes: Buffer) => tail.add(bytes))
    const finish = (end: string): void => {
      clearTimeout(timer)
      clearTimeout(killer)
      signal.removeEventListener('abort', abort)
      // Whatever it left in the background goes too: nothing of a hook outlives it.
      endGroup(child, 'SIGKILL')
      child.stdout?.destroy()
      child.stderr?.destroy()
      resolve(end)
    }
    child.on('error', (err) => finish(`could not be started: ${err.message}`))
    child.on('exit', (code, killedBy) => {
      // What it wrote last may still be in the pipes; what a grandchild keeps open is not waited for.
      setImmediate(() =>
        finish(why ?? (code === null ? `was ended by ${killedBy}` : code === 0 ? '' : `exited with ${code}`)),
      )
    })
  })
  const result = { ok: ended === '', end: ended, tail: tail.text(), durationMs: performance.now() - begun }
  log.info('action-ran', {
    action: action.name,
    ok: result.ok,
    end: ended,
    durationMs: Math.round(result.durationMs),
    ...env,
  })
  return result
}

function endGroup({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch (err) {
    if (!(err instanceof Error && 'code' in err && err.code === 'ESRCH')) throw err
  }
}

class Tail {
  #parts: Buffer[] = []
  #bytes = 0

  add(bytes: Buffer): void {
    this.#parts.push(bytes)
    this.#bytes += bytes.length
    if (this.#bytes < 4 * TAIL_BYTES) return
    this.#parts = [Buffer.concat(this.#parts).subarray(-TAIL_BYTES)]
    this.#bytes = TAIL_BYTES
  }

  text(): string {
    const lines = toByteString(Buffer.concat(this.#parts).subarray(-TAIL_BYTES)).trim().split('\n')
    return lines.map(displayPath).join('\n')
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

/** Runs actions by name, in order. @throws HOOK_FAILED at the first that fails, with what it said; CANCELLED when `signal` aborts */
export async function runActions(
  names: readonly string[],
  actions: readonly Action[],
  context: ActionContext,
): Promise<void> {
  for (const name of names) {
    const action = actions.find((a) => a.name === name)
    if (action === undefined) throw new ShoalError('HOOK_FAILED', `the config of this host has no action ${name}`)
    const { ok, end, tail } = await runAction(action, context)
    if (context.signal.aborted) throw new ShoalError('CANCELLED', `the action ${name} was given up`)
    if (!ok) throw new ShoalError('HOOK_FAILED', `the action ${name} ${end}${tail === '' ? '' : `: ${tail}`}`)
  }
}

/** The same for a release's health. @throws HEALTH_FAILED, CANCELLED */
export async function checkHealth(
  names: readonly string[],
  actions: readonly Action[],
  context: ActionContext,
): Promise<void> {
  try {
    await runActions(names, actions, context)
  } catch (err) {
    if (err instanceof ShoalError && err.code === 'HOOK_FAILED')
      throw new ShoalError('HEALTH_FAILED', err.message, { cause: err })
    throw err
  }
}

/** The action that restarts or reloads a systemd unit. @throws HOOK_FAILED when that is no unit's name */
export function unitAction(verb: 'restart' | 'reload', unit: string, timeoutMs = UNIT_TIMEOUT_MS): Action {
  if (!/^[A-Za-z0-9:_.@\\-]{1,255}$/.test(unit) || unit.startsWith('-')) {
    throw new ShoalError('HOOK_FAILED', `${displayPath(unit)} is no name of a systemd unit`)
  }
  return { name: `${verb} ${unit}`, argv: [SYSTEMCTL, verb, '--', unit], user: undefined, timeoutMs }
}
