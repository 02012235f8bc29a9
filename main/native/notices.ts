import { Notification } from 'electron'
import { routeOf } from '../../protocol/console/index.ts'
import type { Alert } from '../../protocol/control/window.ts'
import { routeOfAlert } from '../watch/changes.ts'

/** More than so many at once are told as one. */
const APART = 3
/** Text of one notification, characters. */
const TEXT_LENGTH = 240

export interface NoticesDeps {
  readonly enabled: () => boolean
  /** Brings the window to the front, at a place. */
  readonly open: (route: string) => void
}

interface Notice {
  readonly title: string
  readonly body: string
  readonly route: string
}

/** Desktop notifications of what the agent raised. A click opens the place that they are about. */
export class Notices {
  readonly #deps: NoticesDeps
  /** One that is collected as garbage cannot be clicked any more. */
  readonly #shown = new Set<Notification>()

  constructor(deps: NoticesDeps) {
    this.#deps = deps
  }

  alerts(alerts: readonly Alert[]): void {
    if (alerts.length > APART) {
      const worst = alerts.find(({ severity }) => severity === 'bad') ?? alerts[0]
      this.#show({ title: `${alerts.length} alerts`, body: worst?.text ?? '', route: routeOf('alerts') })
      return
    }
    for (const alert of alerts) {
      const title = alert.severity === 'bad' ? 'Alert' : 'Warning'
      this.#show({ title, body: alert.text, route: routeOfAlert(alert) })
    }
  }

  converged(channels: readonly { readonly channel: string; readonly release: number; readonly hosts: number }[]): void {
    for (const { channel, release, hosts } of channels) {
      const body = hosts === 1 ? 'its one host has proved it' : `all ${hosts} hosts have proved it`
      this.#show({ title: `${channel}@${release}`, body, route: routeOf('rollouts', [channel, String(release)]) })
    }
  }

  #show({ title, body, route }: Notice): void {
    if (!this.#deps.enabled() || !Notification.isSupported()) return
    const notification = new Notification({ title: plain(title), body: plain(body) })
    notification.on('click', () => this.#deps.open(route))
    notification.on('close', () => this.#shown.delete(notification))
    this.#shown.add(notification)
    notification.show()
  }
}

/** Names come from hosts: nothing that hides or turns text around, and nothing that a desktop takes for markup. */
const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}<>&]/gu, '\u{fffd}').slice(0, TEXT_LENGTH)
