import { describe, expect, test } from 'vitest'
import { explain } from '../../../protocol/status/index.ts'
import { aHost, aPublish, aRollout, aStatus } from '../../support/fake-handlers.ts'
import { cli } from '../../support/run-cli.ts'
import { tempDir } from '../../support/temp-dir.ts'

const status = (paused: typeof aRollout.paused = null) => {
  const host = aHost('oslo-1', {
    sequence: 1,
    state: 'held',
    wave: 2,
    error: { code: 'WAVE_NOT_OPEN', message: 'later' },
  })
  const document = aStatus([host])
  return { ...document, channels: document.channels.map((one) => ({ ...one, rollout: { ...aRollout, paused } })) }
}
const PAUSE = { fromWave: 2, by: 'ab'.repeat(32), at: '2026-01-01T00:00:00.000Z', message: 'lunch\u001b[2J' }

describe('rollouts on the command line', () => {
  test('CLI-34 pause, resume and promote ask for what was typed, and print how the rollout stands', async () => {
    const asked: unknown[] = []
    const answer = async (req: { readonly channel: string }) => {
      asked.push(req)
      return { channel: req.channel, rollout: aRollout }
    }
    const handlers = { pause: answer, resume: answer, promote: answer }
    const home = await tempDir()
    const run = (...argv: string[]) => cli({ argv, home, handlers })
    const { stdout } = await run('pause', 'web', '--message', 'lunch')
    expect(stdout).toMatch(
      /^paused web@2; wave 1 of 2\n {2}wave 1 {2}open {2}label:role=canary: 5 hosts, 4 healthy, 1 working\n/,
    )
    expect(stdout).toContain('next: wave 2 waits for 95 % of wave 1 healthy')
    await run('resume', 'web', '--wave', '2')
    for (const wave of [[], ['--wave', '2'], ['--wave', 'all']]) await run('promote', 'web', ...wave)
    expect(asked).toEqual([
      { channel: 'web', fromWave: null, message: 'lunch' },
      { channel: 'web', throughWave: 2, message: '' },
      { channel: 'web', wave: 'next', message: '' },
      { channel: 'web', wave: 2, message: '' },
      { channel: 'web', wave: 'all', message: '' },
    ])
    expect(JSON.parse((await run('pause', 'web', '--json')).stdout)).toEqual({ channel: 'web', rollout: aRollout })
  })

  test.each([
    ['publish', 'site', '--channel', 'web', '--wave', '5%:helthy=95%'],
    ['publish', 'site', '--channel', 'web', '--wave', 'all', '--wave', '5%'],
    ['rollback', 'web', '--to', '1', '--wave', 'is:failed'],
  ])('CLI-34 %s %s %s %s %s %s is WAVE_INVALID before the home is looked at', async (...argv) => {
    const { code, stderr, used } = await cli({ argv })
    expect({ code, used }).toEqual({ code: 2, used: [] })
    expect(stderr).toMatch(/^shoal: WAVE_INVALID: wave /)
  })

  test('CLI-35 status counts waves, and tells gates, pause and what comes next', async () => {
    const handlers = { status: async () => status(PAUSE) }
    const { stdout } = await cli({ argv: ['status'], home: await tempDir(), handlers })
    expect(stdout).toContain('of 1 host proved it; wave 1 of 2; PAUSED from wave 2 on\n')
    expect(stdout).toContain('  wave 2  waits  all: 95 hosts, 95 held\n')
    expect(stdout).toContain('        not yet: 95 % healthy: 4 of 5 hosts, 5 needed\n')
    expect(stdout).toContain(
      '  paused from wave 2 on by publisher abababab at 2026-01-01T00:00:00.000Z: lunch\\u{1b}[2J\n',
    )
  })

  test('CLI-35 publish tells how many hosts each wave reaches', async () => {
    const waves = [{ number: 1, select: '5%', hosts: 2, names: ['a', 'b'] }]
    const asked: unknown[] = []
    const handlers = {
      publish: async function* (req: { readonly waves: readonly string[] }) {
        asked.push(req.waves)
        yield* []
        return { ...aPublish, waves }
      },
    }
    const argv = ['publish', '/srv', '--channel', 'web', '--dry-run', '--wave', '5%', '--wave', '50%:approve']
    const home = await tempDir()
    expect((await cli({ argv, home, handlers })).stdout).toContain('wave 1  5%: 2 hosts (a, b)\n')
    expect(JSON.parse((await cli({ argv: [...argv, '--json'], home, handlers })).stdout)).toMatchObject({ waves })
    expect(asked[0]).toEqual(['5%', '50%:approve'])
  })

  test('CLI-29 target retry --host asks that host, as a publisher', async () => {
    const { stdout } = await cli({ argv: ['target', 'retry', 'web', '--host', 'oslo-1'], home: await tempDir() })
    expect(stdout).toBe('oslo-1 tries web@2 again as soon as it hears of it\n')
  })

  test('WHY-1 a host that waits for its turn is told what its wave waits for, or who paused', () => {
    const whyOf = (paused: typeof aRollout.paused, over: Parameters<typeof aHost>[1] = {}) => {
      const [channel] = status(paused).channels
      const state = { ...channel?.states[0], ...over }
      if (channel === undefined) throw new Error('no channel')
      return explain(channel, aHost('oslo-1', state))
    }
    expect(whyOf(null)).toMatchObject({
      reason: 'held',
      text: 'it is in wave 2 of 2 of web@2; wave 2 waits for 95 % of wave 1 healthy: 4 of 5 hosts so far, newest evidence 12s old',
    })
    expect(whyOf(null, { state: 'settled', error: null }).reason).toBe('held')
    expect(whyOf(PAUSE, { wave: 1 }).text).not.toContain('paused')
    const open = { ...PAUSE, fromWave: 1 }
    expect(whyOf(open, { wave: 1 }).text).toContain(
      'web@2 was paused by publisher abababab at 2026-01-01T00:00:00.000Z',
    )
    expect(whyOf(null, { state: 'failed' }).reason).toBe('failed')
    const budget = { error: { code: 'BUDGET_EXCEEDED', message: 'too much' } }
    expect(whyOf(null, budget).text).toContain('BUDGET_EXCEEDED')
  })
})
