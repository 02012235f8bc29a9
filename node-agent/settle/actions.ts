import { displayPath, ShoalError } from '../../protocol/index.ts'
import type { Action } from '../config/index.ts'
import { type ActionContext, runAction } from './run-action.ts'

const SYSTEMCTL = '/usr/bin/systemctl'
const UNIT_TIMEOUT_MS = 90_000

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
