import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadConfig } from '../../../node-agent/config/index.ts'
import { DesktopAgent } from '../../../node-agent/desktop/index.ts'
import { systemClock } from '../../../node-agent/lifecycle/index.ts'
import { openOffline } from '../../../node-agent/offline.ts'
import { FolderTable } from '../../../node-agent/preview/index.ts'
import type { FromAgent } from '../../../protocol/console/index.ts'
import { ShoalError } from '../../../protocol/errors/index.ts'
import { linkPair } from '../../support/control-pair.ts'
import { aStatus, fakeHandlers } from '../../support/fake-handlers.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { keepingLogger, until } from '../../support/test-mesh.ts'

const noCaller = (): never => {
  throw new Error('no caller')
}

function scene() {
  const events: string[] = []
  const told: FromAgent[] = []
  const folders = new FolderTable({ roots: [] })
  let hasMesh = false
  const agent = new DesktopAgent({
    openAgent: async () => {
      if (!hasMesh) throw new ShoalError('NO_MESH', 'no mesh')
      events.push('agent')
      return {
        handlers: fakeHandlers({ status: async () => aStatus() }),
        folders: new FolderTable({ roots: [] }),
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
          folders: ({ folder }, _signal, caller) => folders.list(caller ?? noCaller(), folder),
          join: async () => {
            throw new ShoalError('TICKET_MALFORMED', 'no ticket')
          },
        }),
        folders,
        close: async () => void events.push('offline closed'),
      }
    },
    tell: (message) => {
      told.push(message)
      events.push(message.kind)
    },
    onFailure: (err) => events.push(String(err)),
    log: keepingLogger(),
  })
  const connect = (role: string) => {
    const { client, served } = linkPair()
    agent.serve(role, served)
    return client
  }
  return { agent, events, told, folders, connect }
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

  test('SEC-6 a window reaches the folders that a person chose by ids alone, also over its next link; another role does not', async () => {
    const { agent, told, connect } = scene()
    await agent.start()
    const folder = await tempDir()
    await agent.grant(7, folder)
    await agent.grant(8, join(folder, 'nowhere'))
    const [granted, refused] = told.filter(({ kind }) => kind !== 'ready')
    expect(granted).toMatchObject({ kind: 'granted', request: 7 })
    expect(refused).toMatchObject({ kind: 'refused', request: 8, code: 'NO_SUCH_FOLDER' })
    const id = granted?.kind === 'granted' ? granted.id : ''
    for (let link = 0; link < 2; link++) {
      const window = connect('window')
      expect((await window.call('folders', { folder: null })).rows).toMatchObject([{ id, path: folder }])
      expect((await window.call('folders', { folder: id })).rows).toEqual([])
      await expect(window.call('folders', { folder: 'guessed' })).rejects.toMatchObject({ code: 'NO_SUCH_FOLDER' })
    }
    expect((await connect('shell').call('folders', { folder: null })).rows).toEqual([])
    await agent.stop()
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
