import { CONTROL_LIMITS, type ControlHandlers, type HostLine } from '../../../protocol/control/index.ts'
import { ShoalError } from '../../../protocol/index.ts'
import { createFinder, follow, hostsPictures, vocabularyOf } from '../../views/index.ts'
import type { HandlerDeps } from '../types.ts'

interface HostsDeps {
  readonly views: Pick<HandlerDeps['views'], 'fleet' | 'clock'>
}

type Names = 'watchHosts' | 'hostAt' | 'exportHosts' | 'queryVocabulary'

/** Hosts by query: counts and a window of rows, one of them, all of them, and words to ask with. */
export function hostsHandlers({ views }: HostsDeps): Pick<ControlHandlers, Names> {
  const { clock } = views
  return {
    watchHosts: async function* (request, signal) {
      const fleet = views.fleet()
      const picture = hostsPictures(fleet, request)
      return yield* follow({ clock, onChange: (listener) => fleet.onChange(listener), picture, signal })
    },

    hostAt: async ({ index, ...query }) => {
      const { lines } = createFinder(views.fleet(), query)(clock.now())
      return lines[index] ?? null
    },

    exportHosts: async function* (query, signal) {
      const { lines } = createFinder(views.fleet(), query)(clock.now())
      for (let at = 0; at < lines.length; at += CONTROL_LIMITS.rowsPerPage) {
        if (signal.aborted) throw new ShoalError('CANCELLED', 'cancelled')
        yield lines.slice(at, at + CONTROL_LIMITS.rowsPerPage) satisfies readonly HostLine[]
      }
      return lines.length
    },

    queryVocabulary: async () => vocabularyOf(views.fleet(), clock.now()),
  }
}
