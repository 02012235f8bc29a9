import {
  type ChannelName,
  type ControlBody,
  type KeyPair,
  parseChannelName,
  parsePeerKey,
  type RecordOf,
  ShoalError,
  type ShoalRecord,
  signRecord,
} from '../../protocol/index.ts'
import type { ControlHandlers, RetriedHosts, RolloutChanged, RolloutMethods } from '../../protocol/control/index.ts'
import {
  controlKey,
  nextOrder,
  parseWaves,
  planWaves,
  type RolloutState,
  rolloutView,
} from '../../protocol/rollout/index.ts'
import type { Core } from '../core.ts'
import { publisherKeys } from './publisher-key.ts'
import type { HandlerDeps } from './types.ts'

/** Pausing, going on, promoting, retrying: words of a publisher on the channel's newest release. */
export function rolloutHandlers(deps: HandlerDeps): Pick<ControlHandlers, keyof RolloutMethods> {
  const { core } = deps
  // One word after another: each counts on from the one before.
  let last: Promise<unknown> = Promise.resolve()
  const speak = (channel: string, say: Say): Promise<RolloutChanged> => {
    const said = last.then(() => speakNow(deps, channel, say))
    last = said.catch(() => undefined)
    return said
  }
  return {
    pause: ({ channel, fromWave, message }) =>
      speak(channel, ({ state, order, nowMs }) => ({
        pause: { fromWave: waveIn(state, fromWave ?? 1), order, atMs: nowMs, message },
      })),

    resume: ({ channel, throughWave, message }) =>
      speak(channel, ({ state, order, nowMs }) => {
        const release = `${state.channel}@${state.sequence}`
        if (state.paused === undefined) throw notHeld(`${release} is not paused`)
        const through = throughWave === null ? state.waves.length : waveIn(state, throughWave)
        if (through < state.paused.fromWave) throw notHeld(`wave ${through} of ${release} is not paused`)
        const fromWave = through >= state.waves.length ? 0 : through + 1
        return { pause: { fromWave, order, atMs: nowMs, message } }
      }),

    promote: ({ channel, wave, message }) =>
      speak(channel, ({ state, nowMs }) => ({
        promote: { wave: promoted(state, wave), atMs: nowMs, message },
      })),

    retryHost: async ({ channel, host }) => {
      const { sequence } = await retryOn(deps, channel, [host])
      return { channel, host, sequence }
    },

    retryHosts: async ({ channel, hosts }) => retryOn(deps, channel, hosts),

    previewWaves: async ({ channel: name, waves }) => {
      const channel = parseChannelName(name)
      const hosts = core.mesh.rollouts.targets(channel)
      const sequence = (core.mesh.book.head(channel)?.version ?? 0) + 1
      const { reach, warnings } = planWaves(channel, sequence, parseWaves(waves), hosts)
      return { channel, hosts: hosts.length, waves: reach, warnings }
    },
  }
}

/** Has hosts try a channel's newest release again. @throws NOT_A_PUBLISHER, NO_SUCH_RELEASE, NO_SUCH_HOST when none of them has the channel */
async function retryOn(deps: HandlerDeps, name: string, hosts: readonly string[]): Promise<RetriedHosts> {
  const { core } = deps
  const { channel, head, publisher } = await newest(core, name)
  const { book, identity } = core.mesh
  const wanted = new Set(hosts)
  const statuses = [...book.all('status')].filter(
    ({ key, body }) =>
      wanted.has(body.host) &&
      book.member(parsePeerKey(key)) !== undefined &&
      body.channels.some((row) => row.channel === channel),
  )
  if (statuses.length === 0) {
    const who = hosts.length === 1 ? `no host ${hosts[0]}` : `none of ${hosts.length} hosts`
    throw new ShoalError(
      'NO_SUCH_HOST',
      `${who} with channel ${channel} has reported to this node; nothing was changed`,
    )
  }
  const nowMs = core.init.clock.now()
  for (const status of statuses) {
    const key = `${channel}.${status.key}`
    const version = Math.max((book.get(`retry/${key}`)?.version ?? 0) + 1, nowMs)
    const body = { sequence: head.version, head: head.id, atMs: nowMs }
    await send(deps, await signRecord({ mesh: identity.mesh, kind: 'retry', key, version, body }, [publisher]))
  }
  const told = new Set<string>(statuses.map(({ body }) => body.host))
  const asked = (isTold: boolean): readonly string[] => hosts.filter((host) => told.has(host) === isTold)
  return { channel, sequence: head.version, hosts: asked(true), missing: asked(false) }
}

const notHeld = (why: string): ShoalError => new ShoalError('ROLLOUT_NOT_HELD', `${why}; nothing was changed`)

/** @throws WAVE_INVALID */
function waveIn({ channel, sequence, waves }: RolloutState, wave: number): number {
  if (wave <= waves.length) return wave
  const count = waves.length === 1 ? '1 wave' : `${waves.length} waves`
  throw new ShoalError(
    'WAVE_INVALID',
    `${channel}@${sequence} has ${count}; there is no wave ${wave}. Nothing was changed`,
  )
}

/** @throws ROLLOUT_NOT_HELD when that wave is open already */
function promoted(state: RolloutState, wave: number | 'next' | 'all'): number {
  const last = state.waves.length
  const to = wave === 'next' ? state.open + 1 : wave === 'all' ? last : waveIn(state, wave)
  if (state.open >= last) throw notHeld(`all waves of ${state.channel}@${state.sequence} are open`)
  if (to <= state.open) throw notHeld(`wave ${to} of ${state.channel}@${state.sequence} is open already`)
  return to
}

interface Newest {
  readonly channel: ChannelName
  readonly head: RecordOf<'head'>
  readonly publisher: KeyPair
}

/** @throws NOT_A_PUBLISHER, NO_SUCH_RELEASE */
async function newest(core: Core, name: string): Promise<Newest> {
  const channel = parseChannelName(name)
  const [publisher] = await publisherKeys(core, channel)
  const head = core.mesh.book.head(channel)
  if (head !== undefined) return { channel, head, publisher }
  throw new ShoalError('NO_SUCH_RELEASE', `no release of channel ${channel} is known here; nothing was changed`)
}

interface Speaking {
  readonly state: RolloutState
  /** Holds against all that was said before. */
  readonly order: number
  readonly nowMs: number
}

type Say = (speaking: Speaking) => Partial<Pick<ControlBody, 'pause' | 'promote'>>

const SILENCE: Omit<ControlBody, 'sequence' | 'head'> = {
  pause: { fromWave: 0, order: 0, atMs: 0, message: '' },
  promote: { wave: 0, atMs: 0, message: '' },
}

/** Signs and sends what this home's publisher says of a channel's newest release, beside what it said of it before. */
async function speakNow(deps: HandlerDeps, name: string, say: Say): Promise<RolloutChanged> {
  const { core } = deps
  const { channel, head, publisher } = await newest(core, name)
  const { book, identity, rollouts } = core.mesh
  const state = await rollouts.state(channel)
  if (state === undefined) throw new TypeError('a head without a rollout')
  const nowMs = core.init.clock.now()
  const said = say({ state, order: nextOrder(rollouts.controls(channel), head.id), nowMs })
  const key = controlKey(channel, publisher.publicKey)
  const own = book.get(`control/${key}`)
  const before = own?.kind === 'control' && own.body.head === head.id ? own.body : SILENCE
  const body = { ...before, ...said, sequence: head.version, head: head.id }
  const version = Math.max((own?.version ?? 0) + 1, nowMs)
  await send(deps, await signRecord({ mesh: identity.mesh, kind: 'control', key, version, body }, [publisher]))
  const now = await rollouts.state(channel)
  return { channel, rollout: rolloutView(now ?? state) }
}

async function send({ core, live }: HandlerDeps, record: ShoalRecord): Promise<void> {
  await core.keep(record)
  await live.announce(record)
}
