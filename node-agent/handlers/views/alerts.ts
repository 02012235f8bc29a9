import type { AlertsUpdate, ControlHandlers } from '../../../protocol/control/index.ts'
import { follow } from '../../views/index.ts'
import type { HandlerDeps } from '../types.ts'

/** What needs a person, and who has seen it. */
export function alertHandlers({ core, views }: HandlerDeps): Pick<ControlHandlers, 'watchAlerts' | 'alertAcknowledge'> {
  const { clock } = core.init
  const picture = async (nowMs: number): Promise<AlertsUpdate> => {
    await views.ready()
    return { nowMs, alerts: views.alerts.all() }
  }
  return {
    watchAlerts: (_req, signal) => follow({ clock, onChange: (listener) => views.onAlerts(listener), picture, signal }),
    alertAcknowledge: async ({ id, acknowledged }) => {
      await views.ready()
      await views.acknowledge(id, acknowledged)
      return picture(clock.now())
    },
  }
}
