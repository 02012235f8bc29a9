import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../node-agent/config/index.ts'

describe('targets and actions in config.toml', () => {
  test('CFG-9 the example of the documentation is obeyed', async () => {
    const page = readFileSync(new URL('../../../docs/spec/config.md', import.meta.url), 'utf8')
    const example = /```toml\n([^]*?)```/.exec(page)?.[1]
    const { targets, actions } = await parseConfig(example ?? '', 'config.toml')
    expect(targets[0]?.policy).toMatchObject({ local: [{ glob: 'etc/*.conf', policy: 'keep' }], health: ['check'] })
    expect(actions).toHaveLength(4)
  })

  test('CFG-9 actions, hooks, policies and protected paths of a target', async () => {
    const text = [
      '[[action]]',
      'name = "stop"',
      'run = ["/bin/echo", "a b"]',
      'user = "www-data"',
      'timeout = "5s"',
      '[[action]]',
      'name = "nginx"',
      'reload = "nginx.service"',
      '[[target]]',
      'channel = "web"',
      'root = "/srv/web"',
      'strategy = "swap"',
      'networkGrace = "48h"',
      'retained = "1GiB"',
      'protect = ["etc/local/**"]',
      'beforeCommit = ["stop"]',
      'afterCommit = ["nginx"]',
      'health = ["stop"]',
      'accept = ["nginx"]',
      'stale = "restart"',
      '[[target.local]]',
      'glob = "etc/*.conf"',
      'policy = "keep"',
    ].join('\n')
    const { targets, actions } = await parseConfig(text, 'config.toml')
    expect(actions).toEqual([
      { name: 'stop', argv: ['/bin/echo', 'a b'], user: 'www-data', timeoutMs: 5000 },
      {
        name: 'nginx',
        argv: ['/usr/bin/systemctl', 'reload', '--', 'nginx.service'],
        user: undefined,
        timeoutMs: 60_000,
      },
    ])
    expect(targets[0]?.policy).toEqual({
      networkGraceMs: 48 * 3_600_000,
      retainedBytes: 2 ** 30,
      protect: ['etc/local/**'],
      local: [{ glob: 'etc/*.conf', policy: 'keep' }],
      beforeCommit: ['stop'],
      afterCommit: ['nginx'],
      health: ['stop'],
      accept: ['nginx'],
      stale: 'restart',
    })
  })

  const TARGET = '[[target]]\nchannel = "web"\nroot = "/x"\n'
  test.each([
    ['an unknown action', `${TARGET}health = ["nope"]`, 4, 'target[1].health', 'there is no [[action]] named nope'],
    [
      'an action twice',
      '[[action]]\nname = "a"\nrun = ["/x"]\n[[action]]\nname = "a"\nrun = ["/x"]',
      5,
      'action[2].name',
      'same name',
    ],
    ['an action of two kinds', '[[action]]\nname = "a"\nrun = ["/x"]\nrestart = "x"', 1, 'action[1]', 'exactly one of'],
    ['a program without path', '[[action]]\nname = "a"\nrun = ["sh"]', 3, 'action[1].run', 'absolute path'],
    ['a glob from the root', `${TARGET}protect = ["/etc/**"]`, 4, 'target[1].protect', 'the glob must start'],
    ['a size without unit', `${TARGET}retained = "5"`, 4, 'target[1].retained', 'must be a size'],
  ])('CFG-9 %s is refused with file, line and key', async (_, text, line, key, why) => {
    const error = await parseConfig(text, 'config.toml').catch((err: unknown) => err)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID' })
    const { message } = error as Error
    expect(message).toContain(`config.toml:${line}: ${key}`)
    expect(message).toContain(why)
  })
})
