import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { prepareHome, resolveHome } from '../../../node-agent/config/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

const me = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }
const root = me.uid === 0

describe('where the home is', () => {
  const base = { flag: undefined, env: {}, uid: 1000, cwd: '/work', userHome: '/home/ann' }
  test.each([
    ['the flag wins', { ...base, flag: '/f', env: { SHOAL_HOME: '/e' } }, '/f'],
    ['a relative flag is below the current directory', { ...base, flag: 'x/../h' }, '/work/h'],
    ['then the environment', { ...base, env: { SHOAL_HOME: '/e', XDG_DATA_HOME: '/d' } }, '/e'],
    ['an empty variable counts as none', { ...base, env: { SHOAL_HOME: '' } }, '/home/ann/.local/share/shoal'],
    ['root has its own', { ...base, uid: 0, env: { XDG_DATA_HOME: '/d' } }, '/var/lib/shoal'],
    ['then XDG_DATA_HOME', { ...base, env: { XDG_DATA_HOME: '/d' } }, '/d/shoal'],
    ['a relative XDG_DATA_HOME is ignored', { ...base, env: { XDG_DATA_HOME: 'd' } }, '/home/ann/.local/share/shoal'],
    ['then the XDG default', base, '/home/ann/.local/share/shoal'],
  ])('CFG-1 %s', (_, from, home) => expect(resolveHome(from)).toBe(home))

  test('CFG-1 an empty flag is wrong usage', () => {
    expect(() => resolveHome({ ...base, flag: '' })).toThrow(expect.objectContaining({ code: 'USAGE' }))
  })
})

describe('what the home must be', () => {
  const refused = (home: string, code: string): void =>
    expect(() => prepareHome(home, me, true)).toThrow(expect.objectContaining({ code }))

  test('CFG-2 a missing home is created 0700, its missing parents too, whatever the umask', async () => {
    const home = join(await tempDir(), 'a', 'b', 'home')
    const before = process.umask(0o777)
    try {
      // Parents under such a umask could not be entered by others than root.
      if (root) prepareHome(home, me, true)
    } finally {
      process.umask(before)
    }
    prepareHome(home, me, true)
    expect(lstatSync(home).mode & 0o7777).toBe(0o700)
    expect(prepareHome(home, me, true)).toBe(home)
  })

  test('CFG-2 a missing home is NO_MESH, and stays missing, for what has no business creating one', async () => {
    const home = join(await tempDir(), 'typo')
    expect(() => prepareHome(home, me, false)).toThrow(expect.objectContaining({ code: 'NO_MESH' }))
    expect(existsSync(home)).toBe(false)
  })

  test.each([0o770, 0o720, 0o702, 0o777, 0o1777])(
    'CFG-3 a home of mode %o is HOME_INSECURE and stays as it is',
    async (mode) => {
      const home = join(await tempDir(), 'home')
      mkdirSync(home)
      chmodSync(home, mode)
      refused(home, 'HOME_INSECURE')
      expect(lstatSync(home).mode & 0o7777).toBe(mode)
    },
  )

  test.each([0o700, 0o750, 0o755])('CFG-3 a home of mode %o is taken: others cannot write to it', async (mode) => {
    const home = join(await tempDir(), 'home')
    mkdirSync(home)
    chmodSync(home, mode)
    expect(prepareHome(home, me, true)).toBe(home)
  })

  test.runIf(root)('CFG-3 a home of another user is HOME_INSECURE', async () => {
    const home = join(await tempDir(), 'home')
    mkdirSync(home, { mode: 0o700 })
    chownSync(home, 12_345, 12_345)
    refused(home, 'HOME_INSECURE')
  })

  test('CFG-3 a parent that others can write to is HOME_INSECURE, unless it is sticky; nothing is created', async () => {
    const parent = join(await tempDir(), 'open')
    mkdirSync(parent)
    chmodSync(parent, 0o777)
    refused(join(parent, 'home'), 'HOME_INSECURE')
    refused(join(parent, 'more', 'home'), 'HOME_INSECURE')
    expect(readdirSync(parent)).toEqual([])
    chmodSync(parent, 0o1777)
    const home = prepareHome(join(parent, 'home'), me, true)
    chmodSync(parent, 0o777)
    refused(home, 'HOME_INSECURE')
  })

  test('CFG-2 what is no directory is HOME_INVALID and stays as it is', async () => {
    const folder = await tempDir()
    const file = join(folder, 'file')
    writeFileSync(file, 'mine')
    refused(file, 'HOME_INVALID')
    refused(join(file, 'home'), 'HOME_INVALID')
    symlinkSync('nowhere', join(folder, 'link'))
    refused(join(folder, 'link'), 'HOME_INVALID')
    expect(lstatSync(file).isFile()).toBe(true)
  })

  test('CFG-2 a symlink to a good home is followed, and its directory is what is judged', async () => {
    const folder = await tempDir()
    const home = join(folder, 'home')
    mkdirSync(home, { mode: 0o700 })
    symlinkSync(home, join(folder, 'link'))
    expect(prepareHome(join(folder, 'link'), me, true)).toBe(home)
    chmodSync(home, 0o777)
    refused(join(folder, 'link'), 'HOME_INSECURE')
  })
})
