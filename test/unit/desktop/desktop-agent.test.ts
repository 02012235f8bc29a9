import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../node-agent/config/index.ts'
import { DesktopAgent } from '../../../node-agent/desktop/index.ts'
import { systemClock } from '../../../node-agent/lifecycle/index.ts'
import { openOffline } from '../../../node-agent/offline.ts'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { linkPair } from '../../support/control-pair.ts'
import { aStatus, fakeHandlers } from '../../support/fake-handlers.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { keepingLogger, until } from '../../support/test-mesh.ts'

function scene() {
  const events: string[] = []
  let hasMesh = false
  const agent = new DesktopAgent({
    openAgent: async () => {
      if (!hasMesh) throw new ShoalError('NO_MESH', 'no mesh')
      events.push('agent')
      return {
        handlers: fakeHandlers({ status: async () => aStatus() }),
        close: async () => void events.push('agent closed'),
      }
    },
    openOffline: async () => {
      events.push('offline')
      const enter = async () => {
        hasMesh = true
      }
      return {
        handlers: fakeHandlers({
          status: async () => {
            throw new ShoalError('NO_MESH', 'no mesh')
          },
          meshCreate: async ({ name }) => {
            await enter()
            return { mesh: '00', name, rootFingerprint: '', peerId: '' }
          },
          join: async () => {
            throw new ShoalError('TICKET_MALFORMED', 'no ticket')
          },
        }),
        close: async () => void events.push('offline closed'),
      }
    },
    tell: ({ kind }) => events.push(kind),
    onFailure: (err) => events.push(String(err)),
    log: keepingLogger(),
  })
  const connect = (role: string) => {
    const { client, served } = linkPair()
    agent.serve(role, served)
    return client
  }
  return { agent, events, connect }
}

describe('agent behind the desktop app', () => {
  test('DESK-3 a home without a mesh is served; once it has one, the agent takes over', async () => {
    const { agent, events, connect } = scene()
    await agent.start()
    const client = connect('window')
    await expect(client.call('status', {})).rejects.toMatchObject({ code: 'NO_MESH' })
    await expect(client.call('join', { ticket: 'shoal1x' })).rejects.toMatchObject({ code: 'TICKET_MALFORMED' })
    expect(events).toEqual(['offline', 'ready'])
    expect(await client.call('meshCreate', { name: 'acme' })).toMatchObject({ name: 'acme' })
    await until('the agent runs', () => events.length === 5)
    expect(events).toEqual(['offline', 'ready', 'offline closed', 'agent', 'ready'])
    await expect(client.call('status', {})).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE' })
    expect((await connect('window').call('status', {})).mesh.name).toBe('acme')
    await agent.stop()
    expect(events.at(-1)).toBe('agent closed')
  })

  test('SEC-6 a second link of a role ends the first; another role’s link stays', async () => {
    const { agent, connect } = scene()
    await agent.start()
    const [shell, first] = [connect('shell'), connect('window')]
    await expect(first.call('status', {})).rejects.toMatchObject({ code: 'NO_MESH' })
    const second = connect('window')
    await expect(second.call('status', {})).rejects.toMatchObject({ code: 'NO_MESH' })
    await expect(first.call('status', {})).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE' })
    await expect(shell.call('status', {})).rejects.toMatchObject({ code: 'NO_MESH' })
    await agent.stop()
    await expect(connect('window').call('status', {})).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE' })
  })
})

test('DESK-3 two that create a mesh at once make one, whose keys are whole', async () => {
  const home = await tempDir()
  const { handlers, close } = await openOffline({
    home,
    config: await loadConfig(home),
    clock: systemClock,
    log: keepingLogger(),
  })
  const { signal } = new AbortController()
  const made = await Promise.allSettled(['a', 'b'].map((name) => handlers.meshCreate({ name }, signal)))
  expect(made.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(made[1]).toMatchObject({ reason: { code: 'HOME_HAS_MESH' } })
  await handlers.meshInvite({ host: 'oslo-1', site: 'oslo', labels: {}, lifetimeMs: 1000 }, signal)
  await close()
})
