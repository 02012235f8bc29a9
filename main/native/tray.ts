import { Menu, nativeImage, Tray } from 'electron'
import { drawIcon } from './icon.ts'

/** Pixels: what trays show, at twice the usual density. */
const SIDE = 32

export interface TrayDeps {
  readonly open: (route?: string) => void
  readonly quit: () => void
  readonly keepsRunning: () => boolean
  readonly setKeepsRunning: (keep: boolean) => void
}

/** What the icon in the tray tells. */
export interface TrayView {
  /** Alerts that wait for a person. */
  readonly alerts: number
  /** How the agent stands, in words. */
  readonly agent: string
}

/** The icon in the tray: a dot and a number while alerts are open. */
export class TrayIcon {
  readonly #deps: TrayDeps
  readonly #tray: Tray
  readonly #images = [image(false), image(true)] as const

  constructor(deps: TrayDeps) {
    this.#deps = deps
    this.#tray = new Tray(this.#images[0])
    this.#tray.on('click', () => deps.open())
  }

  show({ alerts, agent }: TrayView): void {
    const waiting = alerts === 1 ? '1 open alert' : `${alerts} open alerts`
    this.#tray.setImage(this.#images[alerts > 0 ? 1 : 0])
    this.#tray.setToolTip(alerts === 0 ? `Shoal: ${agent}` : `Shoal: ${waiting}, ${agent}`)
    const { open, quit, keepsRunning, setKeepsRunning } = this.#deps
    this.#tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: 'Open Shoal', click: () => open() },
        { label: waiting, enabled: alerts > 0, click: () => open('/alerts') },
        { type: 'separator' },
        {
          label: 'Keep running when the window is closed',
          type: 'checkbox',
          checked: keepsRunning(),
          click: () => setKeepsRunning(!keepsRunning()),
        },
        { label: 'Quit', click: quit },
      ]),
    )
  }

  destroy(): void {
    this.#tray.destroy()
  }
}

const image = (alert: boolean) =>
  nativeImage.createFromDataURL(`data:image/png;base64,${drawIcon(SIDE, alert).toString('base64')}`)
