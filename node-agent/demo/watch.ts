import { setTimeout as pause } from 'node:timers/promises'
import type { ChannelView, StatusDocument } from '../../protocol/status/index.ts'
import { ShoalError } from '../../protocol/index.ts'
import { CHANNEL } from './mesh.ts'
import type { Program } from './processes.ts'

const ASK_EVERY_MS = 400

/** The demo's channel as a home knows it now; undefined before it heard of it. */
async function channelOf(program: Program, home: string): Promise<ChannelView | undefined> {
  const status = (await program.json(home, 'status')) as StatusDocument
  return status.channels.find((c) => c.name === CHANNEL)
}

/**
 * Shows one line per change until `hosts` hosts have proved release `sequence`.
 * @throws TIMED_OUT with each host's state
 */
export async function waitForConvergence(
  program: Program,
  home: string,
  goal: { readonly sequence: number; readonly hosts: number; readonly timeoutMs: number },
  say: (text: string) => void,
): Promise<ChannelView> {
  const deadline = Date.now() + goal.timeoutMs
  let shown = ''
  for (;;) {
    const channel = await channelOf(program, home)
    const line = channel === undefined ? '' : progressLine(channel)
    if (line !== shown && line !== '') say(line)
    shown = line
    if (channel !== undefined && channel.sequence === goal.sequence && channel.converged >= goal.hosts) return channel
    if (Date.now() > deadline) {
      throw new ShoalError(
        'TIMED_OUT',
        `not every host proved release ${goal.sequence} in ${goal.timeoutMs / 1000} s: ${line}`,
      )
    }
    await pause(ASK_EVERY_MS)
  }
}

const progressLine = (channel: ChannelView): string =>
  `  v${channel.sequence} proved by ${channel.converged} of ${channel.hosts}: ${channel.states
    .map((s) => {
      const what = s.proved && s.sequence === channel.sequence ? 'proved' : s.state
      const share = what === 'proved' || s.progress === 1 ? '' : ` ${Math.round(s.progress * 100)} %`
      return `${s.host} v${s.sequence} ${what}${share}${s.error === null ? '' : ` (${s.error.code})`}`
    })
    .join(' · ')}`
