import { mkdirSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_POLICY, DEFAULTS, loadConfig, NO_CLASS_LIMITS, parseConfig } from '../../../node-agent/config/index.ts'
import { isShoalError } from '../../../protocol/errors/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

const FULL = `# this host
listen = ["/ip4/0.0.0.0/tcp/4001"]
bootstrap = [
  "/ip4/10.0.0.1/tcp/4001",
  "/ip4/10.0.0.2/tcp/4001",
]
mdns = false
statusInterval = "30s"
store = { keep = 3 }

[[target]]
channel = "web"
root = "/srv/web"

[[target]]
channel = "base-config"
root = "/etc"
strategy = "in-place"
grace = "1h30m"
keep = 0
`

const NO_LIMITS = {
  sameSite: NO_CLASS_LIMITS,
  otherSite: NO_CLASS_LIMITS,
  relayed: NO_CLASS_LIMITS,
  metered: NO_CLASS_LIMITS,
}

describe('config.toml', () => {
  test('CFG-4 no file, and an empty file, give every default', async () => {
    const home = await tempDir()
    const defaults = {
      listen: [],
      bootstrap: [],
      mdns: DEFAULTS.mdns,
      relay: DEFAULTS.relay,
      pace: DEFAULTS.pace,
      metered: false,
      limits: NO_LIMITS,
      statusIntervalMs: DEFAULTS.statusIntervalMs,
      keepReleases: DEFAULTS.keepReleases,
      webRoots: [],
      targets: [],
      actions: [],
    }
    expect(await loadConfig(home)).toEqual(defaults)
    writeFileSync(join(home, 'config.toml'), '')
    expect(await loadConfig(home)).toEqual(defaults)
  })

  test('CFG-4 a file is read with its defaults filled in', async () => {
    const home = await tempDir()
    writeFileSync(join(home, 'config.toml'), FULL)
    expect(await loadConfig(home)).toEqual({
      listen: ['/ip4/0.0.0.0/tcp/4001'],
      bootstrap: ['/ip4/10.0.0.1/tcp/4001', '/ip4/10.0.0.2/tcp/4001'],
      mdns: false,
      relay: true,
      pace: true,
      metered: false,
      limits: NO_LIMITS,
      statusIntervalMs: 30_000,
      keepReleases: 3,
      webRoots: [],
      targets: [
        { channel: 'web', root: '/srv/web', strategy: 'in-place', graceMs: 600_000, keep: 2, policy: DEFAULT_POLICY },
        {
          channel: 'base-config',
          root: '/etc',
          strategy: 'in-place',
          graceMs: 5_400_000,
          keep: 0,
          policy: DEFAULT_POLICY,
        },
      ],
      actions: [],
    })
  })

  test.each([
    ['a key that is none', 'mdns = true\nmdsn = false', 2, 'mdsn', 'there is no such key'],
    ['a wrong type', 'mdns = "yes"', 1, 'mdns', 'must be true or false'],
    ['a number for a duration', '\n\nstatusInterval = 5', 3, 'statusInterval', 'must be a duration'],
    ['a duration without unit', 'statusInterval = "5"', 1, 'statusInterval', 'must be a duration'],
    ['a status interval that floods', 'statusInterval = "1ms"', 1, 'statusInterval', 'at least 1s'],
    [
      'an address that is none',
      'listen = [\n  "/ip4/1.2.3.4/tcp/1",\n  "tcp://x",\n]',
      1,
      'listen[2]',
      'must be a multiaddr',
    ],
    ['a target without root', 'mdns = true\n[[target]]\nchannel = "web"\n', 2, 'target[1].root', 'is missing'],
    ['a bad channel', '[[target]]\nroot = "/x"\nchannel = "Web"', 3, 'target[1].channel', 'must be 1 to 64'],
    ['a relative root', '[[target]]\nchannel = "web"\nroot = "x"', 3, 'target[1].root', 'must be an absolute path'],
    [
      'a strategy that is none',
      '[[target]]\nchannel = "web"\nroot = "/x"\nstrategy = "copy"',
      4,
      'target[1].strategy',
      'must be "in-place"',
    ],
    [
      'a bad grace in the second target',
      `${FULL}\n[[target]]\nchannel = "a"\nroot = "/a"\ngrace = "soon"`,
      25,
      'target[3].grace',
      'must be a duration',
    ],
    ['a fractional keep', '[[target]]\nchannel = "web"\nroot = "/x"\nkeep = 1.5', 4, 'target[1].keep', 'whole number'],
    [
      'a key of a target that is none',
      '[[target]]\nchannel = "web"\nroot = "/x"\nkeeep = 1',
      4,
      'target[1].keeep',
      'no such key',
    ],
    [
      'a channel twice',
      `${FULL}\n[[target]]\nchannel = "web"\nroot = "/b"`,
      23,
      'target[3].channel',
      'another target has the same',
    ],
    [
      'a root twice',
      `${FULL}\n[[target]]\nchannel = "b"\nroot = "/etc"`,
      24,
      'target[3].root',
      'another target has the same',
    ],
    ['a table for a list', '[target]\nchannel = "web"', 1, 'target', 'expected array'],
    ['broken TOML', 'mdns = true\nlisten = [\n', 3, '', ''],
    ['a key twice', 'mdns = true\nmdns = false', 2, '', ''],
  ])('CFG-5 %s is refused with file, line and key', async (_, text, line, key, why) => {
    const error = await parseConfig(text, '/h/config.toml').catch((err: unknown) => err)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
    const { message } = error as Error
    expect(message).toMatch(new RegExp(`^/h/config\\.toml:${line}: `))
    expect(message).toContain(key)
    expect(message).toContain(why)
    expect(message).not.toContain('\n')
  })

  test('CFG-7 limits of each class of links, and a metered uplink', async () => {
    const text = [
      'metered = true',
      '[limits.sameSite]',
      'rate = "4KiB"',
      '[limits.metered]',
      'rate = "64KiB"',
      'perDay = "1GiB"',
      'perRelease = "0B"',
      'quietHours = ["22:00-06:00", "12:30-13:15"]',
    ].join('\n')
    const { metered, limits } = await parseConfig(text, 'config.toml')
    expect(metered).toBe(true)
    expect(limits).toEqual({
      sameSite: { ...NO_CLASS_LIMITS, rate: 4096 },
      otherSite: NO_CLASS_LIMITS,
      relayed: NO_CLASS_LIMITS,
      metered: {
        rate: 65_536,
        perDayBytes: 2 ** 30,
        perReleaseBytes: 0,
        quietHours: [
          { from: 1320, to: 360 },
          { from: 750, to: 795 },
        ],
      },
    })
  })

  test.each([
    ['an unknown class', '[limits.lan]\nrate = "1MiB"', 1, 'limits.lan', 'there is no such key'],
    ['an unknown limit', '[limits.otherSite]\nspeed = "1MiB"', 2, 'limits.otherSite.speed', 'there is no such key'],
    ['a rate without a class', 'mdns = true\n[limits]\nrate = "1MiB"', 3, 'limits.rate', 'there is no such key'],
    ['a rate without a unit', '[limits.otherSite]\nrate = "64"', 2, 'limits.otherSite.rate', 'must be a size'],
    ['a rate as a number', '[limits.otherSite]\nrate = 64', 2, 'limits.otherSite.rate', 'must be a size'],
    ['a rate that starves peers', '[limits.otherSite]\nrate = "4095B"', 2, 'limits.otherSite.rate', 'at least "4KiB"'],
    ['a budget of time', '[limits.otherSite]\nperDay = "1d"', 2, 'limits.otherSite.perDay', 'must be a size'],
    ['hours that are none', '[limits.otherSite]\nquietHours = ["22-06"]', 2, 'quietHours[1]', 'part of the day'],
    ['hour 24', '[limits.otherSite]\nquietHours = ["00:00-24:00"]', 2, 'quietHours[1]', 'part of the day'],
    ['hours without length', '[limits.otherSite]\nquietHours = ["06:00-06:00"]', 2, 'quietHours[1]', 'part of the day'],
    ['hours without a list', '[limits.otherSite]\nquietHours = "22:00-06:00"', 2, 'quietHours', 'must be a list'],
    ['metered that is no boolean', 'metered = "yes"', 1, 'metered', 'must be true or false'],
    ['limits of no uplink', '[limits.metered]\nrate = "1MiB"', 1, 'limits.metered', 'needs metered = true'],
    [
      'limits beside the uplink',
      'metered = true\n[limits.relayed]\nperDay = "1B"',
      2,
      'limits.relayed',
      'limits.metered',
    ],
    ['the word budgets', 'budgets = "1MiB"', 1, 'budgets', 'there is no such key'],
    ['quiet hours of nothing', 'quietHours = ["22:00-06:00"]', 1, 'quietHours', 'there is no such key'],
  ])('CFG-7 %s is refused with its line, never ignored', async (_, text, line, key, why) => {
    const error = await parseConfig(text, 'config.toml').catch((err: unknown) => err)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
    const { message } = error as Error
    expect(message).toMatch(new RegExp(`^config\\.toml:${line}: `))
    expect(message).toContain(key)
    expect(message).toContain(why)
  })

  test('CFG-6 what is no regular file, too large, or not UTF-8 is refused and does not hang', async () => {
    const make = async (put: (file: string) => void): Promise<string> => {
      const home = await tempDir()
      put(join(home, 'config.toml'))
      return home
    }
    const homes = [
      await make((file) => mkdirSync(file)),
      await make((file) => execFileSync('mkfifo', [file])),
      await make((file) => writeFileSync(file, '#'.repeat(70_000))),
      await make((file) => writeFileSync(file, Buffer.from([0x61, 0xff]))),
    ]
    for (const home of homes) await expect(loadConfig(home)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  test('CFG-5 any text gives a config or one of two errors', async () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom(
        '[[target]]',
        '[target]',
        'channel = "web"',
        'root = "/x"',
        'mdns = 1',
        'listen = [',
        ']',
        '__proto__ = 1',
        '[constructor]',
        "a = '''",
        'target.x = 1',
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), async (lines) => {
        try {
          await parseConfig(lines.join('\n'), 'config.toml')
        } catch (err) {
          if (!isShoalError(err)) throw err
          expect(['CONFIG_INVALID', 'NOT_BUILT_YET']).toContain(err.code)
          expect(err.message).toMatch(/^config\.toml:\d+: /)
        }
      }),
      { seed: 21, numRuns: 500 },
    )
  })
})
