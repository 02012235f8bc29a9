import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { app } from 'electron'
import { LINK_SCHEME, routeOfLink } from '../protocol/console/index.ts'
import { Shell } from './shell.ts'
import { APP_ORIGIN } from './windows/policy.ts'
import { registerScheme } from './windows/serve.ts'

/** The desktop app's edge: command line, environment, and the events of the app. */

// First of all: a second start hands its arguments to the first one and does nothing else.
if (app.requestSingleInstanceLock()) run()
else app.quit()

function run(): void {
  const here = dirname(fileURLToPath(import.meta.url))
  // electron-vite's server, while the page is worked on; never in a packaged app.
  const server = app.isPackaged ? undefined : process.env['ELECTRON_RENDERER_URL']
  const shell = new Shell({
    paths: {
      renderer: join(here, '../renderer'),
      preload: join(here, '../preload/preload.cjs'),
      agent: join(here, 'agent.js'),
    },
    origin: server === undefined ? APP_ORIGIN : new URL(server).origin,
    home: process.env['SHOAL_HOME'],
    platform: process.platform,
    log: (what, cause) => (cause === undefined ? console.error(what) : console.error(what, cause)),
  })
  app.enableSandbox()
  app.setAppUserModelId('shoal.console')
  app.setAsDefaultProtocolClient(LINK_SCHEME)
  registerScheme()
  shell.prepare()

  // A link may come before there is a window to open it in.
  let early = linkIn(process.argv)
  let isStarted = false
  const follow = (route: string | undefined): void => {
    if (isStarted) shell.open(route)
    else early ??= route
  }
  app.on('second-instance', (_event, argv) => follow(linkIn(argv)))
  app.on('open-url', (event, url) => {
    event.preventDefault()
    follow(routeOfLink(url))
  })
  app.on('activate', () => follow(undefined))
  app.on('before-quit', () => shell.quitting())
  app.on('window-all-closed', () => app.quit())
  let isStopped = false
  app.on('will-quit', (event) => {
    if (isStopped) return
    event.preventDefault()
    void shell.stop().finally(() => {
      isStopped = true
      app.exit()
    })
  })
  // No top-level await here: an ES module main that awaits readiness never becomes ready.
  void app.whenReady().then(() => {
    isStarted = true
    return shell.start(early)
  })
}

/** The place that the first link among the arguments names. */
function linkIn(argv: readonly string[]): string | undefined {
  const link = argv.find((arg) => arg.startsWith(`${LINK_SCHEME}:`))
  return link === undefined ? undefined : routeOfLink(link)
}
