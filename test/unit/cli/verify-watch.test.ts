import { describe, expect, test } from 'vitest'
import { aStatus, fakeHandlers, untilCancelled } from '../../support/fake-handlers.ts'
import { cli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { serveHome } from './serve-home.ts'

describe('verify', () => {
  const drifting = {
    verify: async function* () {
      yield { kind: 'drift', channel: 'web', path: 'a\xff', what: 'content', detail: 'edited' } as const
      yield { kind: 'drift', channel: 'web', path: 'b', what: 'missing', detail: '' } as const
      return [
        { channel: 'web', root: '/srv/web', sequence: 2, manifest: 'sha256-ab', entries: 3, drifted: 2 },
        { channel: 'base', root: '/etc', sequence: 0, manifest: null, entries: 0, drifted: 0 },
      ]
    },
  }

  test('CLI-17 drift is listed and ends with DRIFT_FOUND, exit 1', async () => {
    const { code, stdout, stderr } = await cli({ argv: ['verify'], home: await tempDir(), handlers: drifting })
    expect(code).toBe(1)
    expect(stdout).toBe(
      'content     web  a\\xff  edited\nmissing     web  b\ndrifted     web@2  /srv/web  2 paths\nempty       base  /etc  nothing was committed here yet\n',
    )
    expect(stderr).toBe('shoal: DRIFT_FOUND: 2 paths in web (/srv/web) not as published; nothing was changed\n')
  })

  test('CLI-17 with --json drift is one document, exit 1', async () => {
    const { code, stdout } = await cli({ argv: ['verify', '--json'], home: await tempDir(), handlers: drifting })
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({
      targets: [
        { channel: 'web', drifted: 2 },
        { channel: 'base', manifest: null },
      ],
      drift: [
        { channel: 'web', path: 'a\\xff', what: 'content', detail: 'edited' },
        { path: 'b', what: 'missing' },
      ],
    })
  })
})

describe('status --watch', () => {
  test('CLI-18 a document a line until interrupted, which is a good end', async () => {
    const stop = new AbortController()
    const home = await serveHome(
      fakeHandlers({
        watchStatus: async function* (_req, signal) {
          yield aStatus([], 1)
          yield aStatus([], 2)
          setTimeout(() => stop.abort(), 10)
          return untilCancelled(signal)
        },
      }),
    )
    const { code, stdout, stderr } = await cli({ argv: ['status', '--watch', '--json'], home, signal: stop.signal })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as ReturnType<typeof aStatus>).channels[0]?.sequence),
    ).toEqual([1, 2])
  })

  test('CLI-18 without an agent nothing would change: AGENT_UNREACHABLE', async () => {
    const { code, stderr } = await cli({ argv: ['status', '--watch'], home: await tempDir() })
    expect(code).toBe(1)
    expect(stderr).toMatch(/^shoal: AGENT_UNREACHABLE: no agent runs on this home/)
  })
})
