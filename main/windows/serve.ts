import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { protocol } from 'electron'
import { securityHeaders } from '../../protocol/console/index.ts'
import { assetOfUrl } from './policy.ts'

/** Before the app is ready: the scheme behaves like https, with an origin of its own. */
export function registerScheme(): void {
  const privileges = { standard: true, secure: true, supportFetchAPI: true, codeCache: true }
  protocol.registerSchemesAsPrivileged([{ scheme: 'app', privileges }])
}

/** Serves the built renderer under the app's own scheme, with the console's one policy; anything else is not found (CONSOLE-4). */
export function serveRenderer(folder: string): void {
  const headers = securityHeaders({ connect: 'none' })
  protocol.handle('app', async ({ url, method }) => {
    const asset = method === 'GET' ? assetOfUrl(url) : undefined
    const body = asset === undefined ? undefined : await readFile(join(folder, asset.name)).catch(() => undefined)
    if (asset === undefined || body === undefined) return new Response('not found', { status: 404, headers })
    return new Response(new Uint8Array(body), { headers: { ...headers, 'content-type': asset.type } })
  })
}
