import type { ChannelView, HostView } from './types.ts'

/** After this much silence a host's last word says little of it: three times the interval at which hosts repeat themselves by default. */
export const SILENT_SECONDS = 15 * 60

/** Why a host is not at its channel's head; `proved` and `no-release` are none. */
export type WhyReason =
  | 'proved'
  | 'no-release'
  | 'silent'
  | 'failed'
  | 'rolled-back'
  | 'held'
  | 'drifted'
  | 'expired'
  | 'working'
  | 'unproved'
  | 'not-begun'

/** The reason in words and as a code, with the evidence: the host's own last signed word, and its age. */
export interface Why {
  readonly channel: string
  readonly host: string
  readonly site: string
  readonly reason: WhyReason
  readonly text: string
  /** Of the evidence. */
  readonly ageSeconds: number
  readonly evidence: Pick<HostView, 'sequence' | 'state' | 'proved' | 'progress' | 'error'> & {
    /** Sequence of the channel's head as this node knows it. */
    readonly headSequence: number
  }
}

/** What explains a host's state on one channel: the first of these rules that holds. Pure (WHY-1). */
export function explain(channel: ChannelView, host: HostView): Why {
  const [reason, text] = reasonOf(channel, host)
  const { sequence, state, proved, progress, error, ageSeconds } = host
  const evidence = { sequence, state, proved, progress, error, headSequence: channel.sequence }
  return { channel: channel.name, host: host.host, site: host.site, reason, text, ageSeconds, evidence }
}

function reasonOf(channel: ChannelView, host: HostView): readonly [WhyReason, string] {
  const { sequence, state, proved, progress, error, ageSeconds } = host
  const head = `${channel.name}@${channel.sequence}`
  const live = sequence === 0 ? 'nothing' : `${channel.name}@${sequence}`
  const said = error === null ? '' : `: ${error.code}: ${error.message}`
  if (channel.sequence === 0) return ['no-release', `no release of ${channel.name} is known here`]
  // Proved stays proved until a newer release comes, however long ago it was said.
  if (sequence >= channel.sequence && proved) return ['proved', `${live} is live there, and proved`]
  if (ageSeconds > SILENT_SECONDS)
    return ['silent', `nothing was heard of it for long; then ${live} was live, and it was ${state}${said}`]
  if (state === 'failed') return ['failed', `it failed${said}; it tries again by itself`]
  if (state === 'drifted') return ['drifted', `${live} is live there, and was changed on the host${said}`]
  if (!channel.fresh && sequence < channel.sequence)
    return ['expired', `${head} has expired, and hosts do not apply it${said}`]
  const turn = turnOf(channel, host)
  if (turn !== undefined) return ['held', turn]
  if (state === 'held') return ['held', `it waits${said}`]
  if (state === 'rolled-back')
    return [
      'rolled-back',
      `it took a release, was not well with it, and went back to ${live} by itself${said}; it tries again when it is told to`,
    ]
  if (sequence >= channel.sequence)
    return ['unproved', `${live} is live there, and not proved${said === '' ? weakerOf(host) : said}`]
  if (state === 'idle' || state === 'settled')
    return ['not-begun', `${live} is live there, and it has not said a word of ${head}: it may not have learned of it`]
  return ['working', `${live} is live there; ${state} ${Math.floor(progress * 100)} %${said}`]
}

/** States in which a host waits for nothing but its turn, or has not said so yet. */
const WAITING: ReadonlySet<string> = new Set(['idle', 'settled', 'rolled-back'])
const TURN_CODES: ReadonlySet<string> = new Set(['WAVE_NOT_OPEN', 'ROLLOUT_PAUSED'])

/** What a host waits for in the rollout of the head, with the evidence as this node knows it; undefined when that is not what it waits for. */
function turnOf({ name, sequence: newest, rollout }: ChannelView, host: HostView): string | undefined {
  const { state, sequence, wave, error } = host
  const waits = WAITING.has(state) || (state === 'held' && error !== null && TURN_CODES.has(error.code))
  if (rollout === null || wave === null || sequence >= newest || !waits) return undefined
  const where =
    rollout.waves.length === 1 ? '' : `it is in wave ${wave} of ${rollout.waves.length} of ${name}@${newest}; `
  if (wave > rollout.open) return `${where}${rollout.next?.text ?? 'that wave is not open'}`
  const { paused } = rollout
  if (paused === null || wave < paused.fromWave) return undefined
  const why = paused.message === '' ? '' : `: ${paused.message}`
  return `${where}${name}@${newest} was paused by publisher ${paused.by.slice(0, 8)} at ${paused.at}${why}`
}

const weakerOf = ({ commit }: HostView): string =>
  commit === null || commit.weaker.length === 0 ? ' yet' : `: ${commit.weaker.join('; ')}`
