import manifest from '../../../package.json' with { type: 'json' }
import type { AgentSettings, ControlHandlers } from '../../../protocol/control/index.ts'
import { LINK_CLASSES } from '../../../protocol/index.ts'
import { type ClassLimits, formatSize } from '../../config/index.ts'
import type { HandlerDeps } from '../types.ts'

/** What the agent keeps for its consoles, beside what its config says. */
export function settingsHandlers({ core, views }: HandlerDeps): Pick<ControlHandlers, 'settings' | 'settingsSet'> {
  const { config, home } = core.init
  const settings = async (): Promise<AgentSettings> => {
    await views.ready()
    const { listen, bootstrap, mdns, relay, statusIntervalMs, limits } = config
    return {
      ...views.settings.get(),
      agentVersion: manifest.version,
      home,
      statusIntervalMs,
      mdns,
      relay,
      listen,
      bootstrap,
      limits: LINK_CLASSES.flatMap((link) => limitLines(link, limits[link])),
    }
  }
  return {
    settings,
    settingsSet: async (wanted) => {
      await views.ready()
      await views.settings.set(wanted)
      await views.look()
      return settings()
    },
  }
}

/** Bounds of one class of links, a line each, in the words of config.toml. */
function limitLines(link: string, { rate, perDayBytes, perReleaseBytes, quietHours }: ClassLimits): readonly string[] {
  const hour = (minutes: number): string =>
    `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
  return [
    ...(rate === undefined ? [] : [`${link}.rate: ${formatSize(rate)}/s`]),
    ...(perDayBytes === undefined ? [] : [`${link}.perDay: ${formatSize(perDayBytes)}`]),
    ...(perReleaseBytes === undefined ? [] : [`${link}.perRelease: ${formatSize(perReleaseBytes)}`]),
    ...quietHours.map(({ from, to }) => `${link}.quietHours: ${hour(from)}-${hour(to)}`),
  ]
}
