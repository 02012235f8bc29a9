import { describe, expect, test } from 'vitest'
import type { ControlHandlers, HostLine } from '../../../protocol/control/index.ts'
import { requireQuery } from '../../../protocol/query/index.ts'
import { aHost, aMember, aStatus } from '../../support/fake-handlers.ts'
import { cli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'

const asked: unknown[] = []

/** Finds oslo-2, whatever is asked. */
const handlers: Partial<ControlHandlers> = {
  hosts: async () => [aMember('oslo-1'), aMember('oslo-2')],
  status: async () => aStatus([aHost('oslo-1'), aHost('oslo-2')]),
  exportHosts: async function* (query) {
    asked.push(query)
    requireQuery(query.query)
    yield [{ host: 'oslo-2' } as HostLine]
    return 1
  },
}

describe('queries of hosts', () => {
  test('CLI-40 hosts shows only what the query finds', async () => {
    const home = await tempDir()
    const { code, stdout } = await cli({ argv: ['hosts', 'is:failed', '--json'], home, handlers })
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject([{ host: 'oslo-2' }])
    expect(asked).toEqual([{ query: 'is:failed', channel: null }])
  })

  test('CLI-40 status shows only those states; what it says of the channel stays', async () => {
    const home = await tempDir()
    const { stdout } = await cli({ argv: ['status', '--hosts', '-site:lima', '--json'], home, handlers })
    expect(JSON.parse(stdout).channels).toMatchObject([{ hosts: 2, states: [{ host: 'oslo-2' }] }])
    expect(asked.at(-1)).toEqual({ query: '-site:lima', channel: 'web' })
  })

  test('CLI-40 a wrong query is exit 2 with its place, an empty one too', async () => {
    const home = await tempDir()
    const wrong = await cli({ argv: ['hosts', 'is:faild'], home, handlers })
    expect(wrong).toMatchObject({ code: 2, stdout: '' })
    expect(wrong.stderr).toMatch(/^shoal: QUERY_INVALID: query, character 4: no host is "faild"/)
    expect(await cli({ argv: ['hosts', ' '], home, handlers })).toMatchObject({ code: 2, stdout: '' })
  })
})
