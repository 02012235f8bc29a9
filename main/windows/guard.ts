import { app, session, shell, type WebContents } from 'electron'
import { isAllowedExternal, isAllowedPermission } from './policy.ts'

export interface GuardInit {
  /** Where our own page comes from. */
  readonly origin: string
  /** Origins whose pages may be opened in the person's browser. */
  readonly externalOrigins: () => readonly string[]
}

/** Refuses, for every window that there will ever be, whatever the console does not need. */
export function guardSession({ origin }: GuardInit): void {
  const own = session.defaultSession
  own.setPermissionRequestHandler((contents, permission, callback) =>
    callback(isAllowedPermission(permission, contents.getURL(), origin)),
  )
  own.setPermissionCheckHandler((_contents, permission, requesting) =>
    isAllowedPermission(permission, requesting, origin),
  )
  own.setDevicePermissionHandler(() => false)
  own.setDisplayMediaRequestHandler(null)
  // Files are made by the page and saved by the person; nothing is ever fetched into a folder.
  own.on('will-download', (event, item) => {
    if (!item.getURL().startsWith(`blob:${origin}/`) && !item.getURL().startsWith('data:')) event.preventDefault()
  })
}

/** Every page, whoever made it: it stays where it is, opens nothing, embeds nothing. */
export function guardContents({ origin, externalOrigins }: GuardInit): void {
  app.on('web-contents-created', (_event, contents: WebContents) => {
    const stay = (event: { readonly url: string; preventDefault(): void }): void => {
      // Loading our own page again is no way out.
      if (event.url.split('#')[0] !== `${origin}/index.html`) event.preventDefault()
    }
    contents.on('will-navigate', stay)
    contents.on('will-frame-navigate', stay)
    contents.on('will-redirect', stay)
    contents.on('will-attach-webview', (event) => event.preventDefault())
    contents.setWindowOpenHandler(({ url }) => {
      if (isAllowedExternal(url, externalOrigins())) void shell.openExternal(url)
      return { action: 'deny' }
    })
  })
}
