import type { FolderRow, WavesPreview } from '../../protocol/control/window.ts'
import { countOf, formatCount } from './format.ts'
import { type LifetimeDays, USUAL_LIFETIME } from './lifetime.ts'
import { WAVE_PRESETS, type WaveDraft } from './waves.ts'

export const PUBLISH_STEPS = ['Folder', 'Changes', 'Where & how', 'Sign', 'Watch'] as const
export type PublishStep = 0 | 1 | 2 | 3 | 4

/** What a person has decided so far; kept while other pages are looked at. */
export interface PublishDraft {
  readonly step: PublishStep
  readonly folder: FolderRow | undefined
  readonly channel: string
  /** Globs that are left out. */
  readonly exclude: readonly string[]
  readonly waves: readonly WaveDraft[]
  readonly message: string
  readonly lifetime: LifetimeDays
  /** Counts readings of the folder: another one is another question. */
  readonly reading: number
  /** What became of it. */
  readonly sent: { readonly sequence: number; readonly waiting: boolean } | undefined
}

export const NEW_DRAFT: PublishDraft = {
  step: 0,
  folder: undefined,
  channel: '',
  exclude: [],
  waves: WAVE_PRESETS[1]?.waves ?? [],
  message: '',
  lifetime: USUAL_LIFETIME,
  reading: 0,
  sent: undefined,
}

/** The draft with a first wave of these hosts, after which a person decides; what was sent already is no draft any more. Pure. */
export function draftForWave(draft: PublishDraft, select: string, channel: string | undefined): PublishDraft {
  const from = draft.sent === undefined ? draft : { ...NEW_DRAFT, reading: draft.reading + 1 }
  const wave: WaveDraft = { select, healthyPercent: 100, afterMinutes: undefined, approve: true }
  return { ...from, channel: channel ?? from.channel, waves: [wave] }
}

const NAME = /^[a-z0-9][a-z0-9._-]{0,63}$/

/** What is wrong with a channel's name; undefined when nothing is. */
export const channelProblem = (name: string): string | undefined =>
  NAME.test(name) ? undefined : '1 to 64 of a-z 0-9 . _ - and begins with a letter or digit'

/** The last button: whom it goes to first, in numbers, or that it is a proposal. */
export function sendText(preview: WavesPreview | undefined, waves: readonly WaveDraft[], threshold: number): string {
  if (threshold > 1) return `Sign and propose (1 of ${threshold} signatures)`
  if (preview === undefined) return 'Sign and send'
  const [first] = preview.waves
  if (waves.length === 0 || first === undefined) return `Sign and send to all (${countOf(preview.hosts, 'host')})`
  return `Sign and send to ${first.select.replace('%', ' %')} (${countOf(first.hosts, 'host')})`
}

/** What going to everybody at once means. */
export const beginText = (hosts: number): string =>
  hosts === 1
    ? '1 host begins as soon as it hears of it.'
    : `${formatCount(hosts)} hosts begin as soon as they hear of it.`

/** `reaches 4,503 hosts in 6 sites; 14 are away and follow when they return`. */
export function reachText(sites: readonly { readonly hosts: number; readonly offline: number }[]): string {
  const hosts = sites.reduce((sum, site) => sum + site.hosts, 0)
  const away = sites.reduce((sum, site) => sum + site.offline, 0)
  const reach = `Reaches ${countOf(hosts, 'host')} in ${countOf(sites.length, 'site')}`
  return away === 0
    ? `${reach}.`
    : `${reach}; ${formatCount(away)} ${away === 1 ? 'is' : 'are'} away now and ${away === 1 ? 'follows' : 'follow'} when they return.`
}
