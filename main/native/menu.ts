import { Menu, type MenuItemConstructorOptions } from 'electron'
import { type LinkPage, routeOf } from '../../protocol/console/index.ts'

export interface MenuDeps {
  readonly platform: string
  readonly open: (route: string) => void
  readonly quit: () => void
}

const PAGES: readonly (readonly [LinkPage, string])[] = [
  ['overview', 'Overview'],
  ['rollouts', 'Rollout'],
  ['hosts', 'Hosts'],
  ['releases', 'Releases'],
  ['network', 'Network'],
  ['alerts', 'Alerts'],
  ['activity', 'Activity'],
  ['access', 'Keys and access'],
]

/** The menus of the app. They open places and edit text; nothing in them acts on the mesh. */
export function setMenus({ platform, open, quit }: MenuDeps): void {
  const to = (page: LinkPage, label: string, accelerator?: string): MenuItemConstructorOptions => ({
    label,
    ...(accelerator === undefined ? {} : { accelerator }),
    click: () => open(routeOf(page)),
  })
  const template: MenuItemConstructorOptions[] = [
    ...(platform === 'darwin' ? [{ role: 'appMenu' } as const] : []),
    {
      label: '&File',
      submenu: [
        to('publish', '&Publish…'),
        to('settings', '&Settings', 'CmdOrCtrl+,'),
        { type: 'separator' },
        { label: '&Quit', accelerator: 'CmdOrCtrl+Q', click: quit },
      ],
    },
    { role: 'editMenu' },
    {
      label: '&View',
      submenu: [
        ...PAGES.map(([page, label], at) => to(page, label, `CmdOrCtrl+${at + 1}`)),
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
      ],
    },
    { role: 'windowMenu' },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
