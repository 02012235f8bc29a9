import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isShared } from '../../../node-agent/settle/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

const EXT4 = 0xef53

async function files(exports: string, more: Readonly<Record<string, string>> = {}, samba = '') {
  const folder = await tempDir()
  writeFileSync(join(folder, 'exports'), exports)
  writeFileSync(join(folder, 'smb.conf'), samba)
  const exportsFolder = join(folder, 'exports.d')
  mkdirSync(exportsFolder)
  for (const [name, text] of Object.entries(more)) writeFileSync(join(exportsFolder, name), text)
  return { exports: [join(folder, 'exports'), join(folder, 'none')], exportsFolder, samba: join(folder, 'smb.conf') }
}

test('SETTLE-5 network file systems are shared', async () => {
  const none = await files('')
  for (const type of [0x6969, 0xff534d42, 0xff534d42 | 0, 0xfe534d42, 0x65735546])
    expect(isShared('/srv', type, none)).toBe(true)
  expect(isShared('/srv', EXT4, none)).toBe(false)
})

test('SETTLE-5 a root that is exported, lies in an export, or holds one is shared', async () => {
  const exported = await files(
    '# comment /srv/no\n/srv/web *(ro)\n"/srv/with space" host\n  /srv/octal\\040name *\n',
    { 'a.exports': '/data/x *\n', 'ignored.txt': '/home *\n' },
    '[share]\n  path = /smb/%U/files\n[other]\n path=/smb2\n',
  )
  const shared = [
    '/srv/web',
    '/srv/web/deep',
    '/srv',
    '/srv/with space/x',
    '/srv/octal name',
    '/data/x',
    '/smb/joe',
    '/smb2',
    '/',
  ]
  for (const root of shared) expect(isShared(root, EXT4, exported), root).toBe(true)
  for (const root of ['/srv/webby', '/srv/no', '/home', '/smb22', '/data/xy'])
    expect(isShared(root, EXT4, exported), root).toBe(false)
})
