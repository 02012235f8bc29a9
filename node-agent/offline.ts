import type { HomeInit, OfflineHome } from './cli/seams.ts'
import { Core } from './core.ts'
import { createHandlers, type LiveParts } from './handlers/index.ts'
import { createChunks } from './local-content.ts'
import { NOWHERE } from './net/reach.ts'
import { Views } from './views/index.ts'

/** Opens a home without network: what needs no peer works, the rest is kept for the next agent. */
export async function openOffline(init: HomeInit): Promise<OfflineHome> {
  const core = await Core.open(init)
  const live: LiveParts = {
    addresses: () => [],
    connected: () => [],
    links: () => null,
    own: () => undefined,
    reach: () => NOWHERE,
    publishing: async () => undefined,
    announce: async () => undefined,
    retry: undefined,
    consent: undefined,
    renew: () => undefined,
    onChange: () => () => undefined,
  }
  const views = new Views({
    mesh: () => core.mesh,
    store: core.store,
    clock: init.clock,
    own: () => undefined,
    connected: () => null,
    links: () => undefined,
  })
  return {
    handlers: createHandlers({ core, live, chunks: createChunks(core), views }),
    folders: core.folders,
    close: () => core.close(),
  }
}
