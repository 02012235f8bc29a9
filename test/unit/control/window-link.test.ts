import { MessageChannel } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import {
  createControlClient,
  isForWindows,
  parseRequest,
  portLink,
  REQUEST_SCHEMAS,
  serveLink,
  windowLink,
} from '../../../protocol/control/index.ts'
import { fakeHandlers } from '../../support/fake-handlers.ts'

const PUBLISH = {
  dir: '/etc',
  channel: 'web',
  message: '',
  lifetimeMs: 1000,
  dryRun: false,
  checksum: false,
  waves: [],
}

/** Names of all fields of a schema, however deep. */
function fieldsOf(schema: unknown): readonly string[] {
  if (schema instanceof z.ZodObject) {
    return Object.entries(schema.shape).flatMap(([name, field]) => [name, ...fieldsOf(field)])
  }
  if (schema instanceof z.ZodArray) return fieldsOf(schema.element)
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(fieldsOf)
  return []
}

describe('links of windows', () => {
  test('CTL-13 a window cannot call what takes a path; everything else works', async () => {
    const { port1, port2 } = new MessageChannel()
    const reached: string[] = []
    const handlers = fakeHandlers({
      targetAdd: async (settings) => {
        reached.push(settings.root)
        return { ...settings, source: 'command' }
      },
    })
    const served = serveLink(
      { handlers, parse: parseRequest, onUnexpected: () => undefined },
      windowLink(portLink(port2)),
    )
    onTestFinished(() => served.close())
    const client = createControlClient(portLink(port1))
    const target = { channel: 'web', root: '/etc', strategy: 'in-place', graceMs: 0, keep: 0 } as const
    await expect(client.call('targetAdd', target)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    await expect(client.stream('publish', PUBLISH).next()).rejects.toMatchObject({ code: 'BAD_REQUEST' })
    expect(reached).toEqual([])
    expect((await client.call('status', {})).mesh.name).toBe('acme')
  })

  test('CTL-13 no request that a window may send has a field for a path of this machine', () => {
    for (const [name, schema] of Object.entries(REQUEST_SCHEMAS)) {
      const paths = fieldsOf(schema).filter((field) => ['dir', 'root', 'file', 'directory', 'home'].includes(field))
      expect([name, paths.length > 0]).toEqual([name, !isForWindows(name)])
    }
  })
})
