import { expect, test } from 'vitest'
import { type Alert, type AlertsUpdate, CONTROL_LIMITS, createControlClient } from '../../protocol/control/index.ts'
import { ShoalError } from '../../protocol/errors/index.ts'
import { aProgress, aPublish } from '../support/fake-handlers.ts'
import { type Links, until } from './control-links.ts'

const PUBLISH = {
  dir: '/srv/web',
  channel: 'web',
  message: '',
  lifetimeMs: 1000,
  dryRun: false,
  checksum: false,
  waves: [],
}
const ENTRY = { path: '', kind: 'file', mode: 0, uid: 0, gid: 0, size: 0, mtime: null, target: null } as const

/** The part of the suite that is about streams. */
export function streamTests(links: Links): void {
  test('CTL-6 a stream yields every item in order and then its result', async () => {
    const client = links.start({
      publish: async function* () {
        for (let i = 0; i < 1000; i++) yield aProgress('store', i)
        return aPublish
      },
    })
    const seen: number[] = []
    const events = client.stream('publish', PUBLISH)
    let step = await events.next()
    for (; step.done !== true; step = await events.next()) seen.push(step.value.files)
    expect(seen).toEqual(Array.from({ length: 1000 }, (_, i) => i))
    expect(step.value).toEqual(aPublish)
  })

  test('CTL-6 a handler is never more than the credit ahead of its reader', async () => {
    let made = 0
    const client = links.start({
      publish: async function* () {
        for (;;) yield aProgress('store', made++)
      },
    })
    const events = client.stream('publish', PUBLISH)
    for (let read = 1; read <= 100; read++) {
      await events.next()
      // One more is made and held back until there is credit for it.
      expect(made - read).toBeLessThanOrEqual(CONTROL_LIMITS.streamCredit + 1)
    }
    await client.call('status', {})
    expect(made).toBeLessThanOrEqual(100 + CONTROL_LIMITS.streamCredit + 1)
    await events.return(aPublish)
  })

  test('CTL-6 leaving the loop ends the handler; a stream can fail half way', async () => {
    let ended = false
    const client = links.start({
      publish: async function* () {
        try {
          for (let i = 0; ; i++) yield aProgress('store', i)
        } finally {
          ended = true
        }
      },
      verify: async function* () {
        yield { kind: 'progress', channel: 'web', files: 1, bytes: 1, totalFiles: null, totalBytes: null }
        throw new ShoalError('FILE_SYSTEM', 'broken disk')
      },
    })
    for await (const event of client.stream('publish', PUBLISH)) if (event.files === 3) break
    await until(() => ended)
    const events = client.stream('verify', { channel: null, deep: false })
    expect((await events.next()).done).toBe(false)
    await expect(events.next()).rejects.toMatchObject({ code: 'FILE_SYSTEM' })
    await expect(client.stream('verify', { channel: 'NO!', deep: false }).next()).rejects.toMatchObject({
      code: 'BAD_REQUEST',
    })
  })

  test('CTL-15 pictures arrive as they were given', async () => {
    const alert = (id: string, sinceMs: number): Alert => ({
      ...{ id, rule: 'failed', severity: 'bad', text: 'hosts failed to take web', channel: 'web', hosts: null },
      ...{ sinceMs, endedMs: null, acknowledgedMs: null },
    })
    const pictures: readonly AlertsUpdate[] = [
      { nowMs: 1, alerts: [] },
      { nowMs: 2, alerts: [alert('a', 1), alert('b', 1)] },
      { nowMs: 2, alerts: [alert('a', 1), alert('b', 1)] },
      { nowMs: 4, alerts: [alert('a', 1), { ...alert('b', 1), endedMs: 3 }] },
      { nowMs: 5, alerts: [alert('b', 1)] },
    ]
    const client = links.start({
      watchAlerts: async function* () {
        yield* pictures
        return null
      },
    })
    const seen: AlertsUpdate[] = []
    for await (const picture of client.stream('watchAlerts', {})) seen.push(picture)
    expect(seen).toEqual(pictures)
  })

  test('CTL-6 an item too large for a frame ends its stream with WIRE_TOO_LARGE and unwinds it', async () => {
    let ended = false
    const client = links.start({
      show: async function* () {
        try {
          yield Array.from({ length: 10 }, () => ({ ...ENTRY, path: 'x'.repeat(1024 * 1024) }))
          return await new Promise<never>(() => undefined)
        } finally {
          ended = true
        }
      },
    })
    await expect(client.stream('show', { channel: 'web', sequence: null }).next()).rejects.toMatchObject({
      code: 'WIRE_TOO_LARGE',
    })
    await until(() => ended)
  })

  test.each([
    ['a gap', [{ t: 'item', id: 1, seq: 1, value: 1 }]],
    ['a wrong count at the end', [{ t: 'done', id: 1, seq: 3, result: { ok: true, value: 1 } }]],
    ['an answer to nothing', [{ t: 'done', id: 5, seq: 0, result: { ok: true, value: 1 } }]],
    ['a broken result', [{ t: 'done', id: 1, seq: 0, result: { ok: 'yes' } }]],
    ['more items than were asked for', Array.from({ length: 100 }, (_, seq) => ({ t: 'item', id: 1, seq, value: 1 }))],
  ])('CTL-7 an agent that breaks the protocol is left: %s', async (_, frames) => {
    links.pair.server.start({
      onFrame: (frame) => {
        if (typeof frame === 'object' && frame !== null && 't' in frame && frame.t === 'stream') {
          for (const answer of frames) links.pair.server.send(answer)
        }
      },
      onClose: () => undefined,
    })
    const client = createControlClient(links.pair.caller)
    const documents = client.stream('watchStatus', {})
    await expect(
      (async () => {
        // Not a loop over values: the reader takes nothing before all frames were sent.
        const first = await documents.next()
        if (first.done !== true) await new Promise((resolve) => setTimeout(resolve, 20))
        for (;;) if ((await documents.next()).done === true) return
      })(),
    ).rejects.toMatchObject({ code: 'AGENT_UNREACHABLE' })
  })
}
