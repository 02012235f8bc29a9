import { isShoalError, ShoalError } from '../../../protocol/errors/index.ts'
import type { HostRow } from '../../../protocol/control/index.ts'
import type { StatusDocument } from '../../../protocol/status/index.ts'
import { DEFAULTS, formatDuration } from '../../config/index.ts'
import type { OpenedControl } from '../../control/index.ts'
import { type AddCommand, define } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { type Convergence, type Goal, judge } from '../convergence.ts'
import { memberFilter, queryOf } from '../host-query.ts'
import { plural } from '../text.ts'
import { channel, duration, hostCount, sequence, timeOption } from '../values.ts'

interface Options {
  readonly channel: string
  readonly sequence?: number
  readonly hosts: number | 'all'
  readonly only?: string
  readonly timeout: number
}

interface Wanted extends Options {
  readonly fits: ((member: HostRow) => boolean) | undefined
}

/** An agent that is not there may be starting again. */
const RECONNECT_MS = 250

export const wait: AddCommand = (parent, { action }) => {
  define(
    parent,
    'wait',
    'block until hosts have proved a release; exit 3 if they do not in time',
    'wait --channel web --hosts all --timeout 10m',
  )
    .requiredOption('--channel <name>', 'the channel', channel)
    .option('--sequence <number>', "the release; by default the channel's head now", sequence)
    .option('--hosts <count>', 'how many hosts, or all', hostCount, DEFAULTS.waitHosts)
    .option('--only <query>', 'count only these hosts: site:oslo -label:role=db', queryOf)
    .addOption(timeOption('--timeout <duration>', 'give up after this', duration, DEFAULTS.waitTimeoutMs))
    .action(action(run))
}

/** What was seen last, and the goal once the head is known. */
interface Seen {
  status: StatusDocument | undefined
  goal: Goal | undefined
  last: Convergence | undefined
}

async function run(context: CommandContext, given: Options): Promise<void> {
  const options: Wanted = { ...given, fits: given.only === undefined ? undefined : await memberFilter(given.only) }
  const deadline = new AbortController()
  const over = new AbortController()
  const timer = context.clock.sleep(options.timeout, { signal: over.signal }).then(
    () => deadline.abort(),
    () => undefined,
  )
  const signal = AbortSignal.any([context.signal, deadline.signal])
  const seen: Seen = { status: undefined, goal: undefined, last: undefined }
  let agentSeen = false
  try {
    while (!signal.aborted) {
      try {
        // Without an agent the home is looked at once and let go: held open, it would keep an agent from starting.
        const control = seen.status === undefined ? await context.control() : await context.connect()
        if (control !== undefined) {
          agentSeen ||= control.live
          const reached = await watch(context, control, options, seen, signal)
          await control.close()
          if (reached) return finish(context, seen)
        }
        await context.clock.sleep(RECONNECT_MS, { signal })
      } catch (err) {
        if (!signal.aborted && !isShoalError(err, 'AGENT_UNREACHABLE') && !isShoalError(err, 'HOME_IN_USE')) throw err
      }
    }
  } finally {
    over.abort()
    await timer
  }
  context.signal.throwIfAborted()
  if (seen.status !== undefined && context.json) finish(context, seen)
  throw timedOut(options, seen, agentSeen)
}

/** True when the goal was reached; false when there is nothing more to see here, because no agent runs. */
async function watch(
  context: CommandContext,
  control: OpenedControl,
  options: Wanted,
  seen: Seen,
  signal: AbortSignal,
): Promise<boolean> {
  const look = async (status: StatusDocument): Promise<boolean> => {
    seen.status = status
    const head = status.channels.find(({ name }) => name === options.channel)?.sequence ?? 0
    const wanted = seen.goal?.sequence ?? options.sequence ?? (head > 0 ? head : undefined)
    if (wanted === undefined) {
      context.progress.show('none', `wait  no release of ${options.channel} is known here yet`)
      return false
    }
    seen.goal = { channel: options.channel, sequence: wanted, hosts: options.hosts }
    const members =
      options.hosts === 'all' || options.fits !== undefined ? await control.call('hosts', {}, { signal }) : []
    seen.last = judge(seen.goal, status, members, options.fits)
    const { proved, missing } = seen.last
    context.progress.show(
      `${proved.length} ${missing.length}`,
      `wait  ${options.channel}@${wanted}  ${plural(proved.length, 'host')} proved it, ${missing.length} not yet`,
    )
    return seen.last.reached
  }
  if (!control.live) return look(await control.call('status', {}, { signal }))
  for await (const status of control.stream('watchStatus', {}, { signal })) if (await look(status)) return true
  return false
}

function finish(context: CommandContext, { status, goal, last }: Seen): void {
  context.print(
    status,
    () => `${plural(last?.proved.length ?? 0, 'host')} proved ${goal?.channel ?? ''}@${goal?.sequence ?? ''}\n`,
  )
}

function timedOut(options: Options, { goal, last }: Seen, agentSeen: boolean): ShoalError {
  const time = formatDuration(options.timeout)
  const offline = agentSeen ? '' : '; no agent runs on this home, so nothing can arrive: start shoal agent'
  if (goal === undefined || last === undefined) {
    return new ShoalError('TIMED_OUT', `no release of ${options.channel} became known here in ${time}${offline}`)
  }
  const wanted = `${goal.hosts === 'all' ? 'all' : String(goal.hosts)}${options.only === undefined ? '' : ' matching'}`
  const missing = last.missing.length === 0 ? 'no other host is known' : `missing: ${last.missing.join('; ')}`
  return new ShoalError(
    'TIMED_OUT',
    `${goal.channel}@${goal.sequence}: after ${time} ${last.proved.length} of ${wanted} wanted hosts proved it; ${missing}${offline}`,
  )
}
