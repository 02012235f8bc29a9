import { parseHostName, parseSiteName, ShoalError, toManifestText } from '../../protocol/index.ts'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import { createMesh, inviteHost, joinMesh } from '../mesh/index.ts'
import { activeKeys } from './signing.ts'
import type { HandlerDeps } from './types.ts'

/** Membership: creating a mesh, inviting, joining, listing hosts. */
export function meshHandlers({
  core,
  live,
}: HandlerDeps): Pick<ControlHandlers, 'meshCreate' | 'meshInvite' | 'join' | 'hosts'> {
  const { clock, home } = core.init
  return {
    meshCreate: async ({ name }) => {
      const { entered, peer } = await core.enter(() => createMesh(home, name, clock.now()))
      const { identity } = entered
      return { mesh: identity.mesh, name, rootFingerprint: toManifestText(identity.rootFingerprint), peerId: peer }
    },

    join: async ({ ticket }) => {
      const { entered, peer } = await core.enter(() => joinMesh(home, ticket, clock.now()))
      const { identity, host, site } = entered
      return { mesh: identity.mesh, name: identity.name, host, site, peerId: peer }
    },

    meshInvite: async ({ host, site, labels, lifetimeMs }) => {
      const { identity, book } = core.mesh
      const init = { host: parseHostName(host), site: parseSiteName(site), labels, lifetimeMs }
      const roots = [...book.all('root')].toSorted((a, b) => a.version - b.version)
      if (roots.length === 0) throw new ShoalError('ROOT_UNTRUSTED', 'no root of this mesh is known here')
      const [enroller] = await activeKeys(core, 'enroller')
      const { grant, ticket } = await inviteHost(enroller, identity, roots, init, live.addresses(), clock.now())
      await core.keep(grant)
      await live.announce(grant)
      return { ticket, host, site, labels, expires: new Date(grant.body.expiresMs).toISOString() }
    },

    hosts: async () => {
      const { book } = core.mesh
      return [...book.members()]
        .map((member) => {
          const status = book.get(`status/${member.peer}`)
          const body = status?.kind === 'status' ? status.body : undefined
          return {
            host: member.host,
            site: member.site,
            labels: member.labels,
            peerId: member.peer,
            reportedAt: body === undefined ? null : new Date(body.atMs).toISOString(),
            channels: body?.channels.map((c) => c.channel) ?? [],
          }
        })
        .toSorted((a, b) => (a.host < b.host ? -1 : 1))
    },
  }
}
