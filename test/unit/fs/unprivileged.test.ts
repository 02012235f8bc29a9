import { chownSync, closeSync, lstatSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openTreeRoot } from '../../../node-agent/fs/index.ts'
import { parseTreePath } from '../../../protocol/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

const NOBODY = 65_534
const path = parseTreePath('file')

test.skipIf(process.geteuid?.() !== 0)(
  'FS-14 without the right to set an owner, setuid and setgid are not set either, and all of it is told',
  async () => {
    const directory = join(await tempDir(), 'd')
    mkdirSync(directory)
    chownSync(directory, NOBODY, NOBODY)
    const root = openTreeRoot(directory)
    process.setegid?.(NOBODY)
    process.seteuid?.(NOBODY)
    try {
      closeSync(root.createFile(path))
      const metadata = { uid: 0, gid: 0, mode: 0o6755, xattrs: undefined, mtimeNs: 1_000_000_001n }
      const refusals = root.setMetadata(path, metadata)
      expect(refusals.map(({ what }) => what)).toEqual(['owner', 'mode'])
    } finally {
      process.seteuid?.(0)
      process.setegid?.(0)
    }
    const stat = lstatSync(join(directory, 'file'), { bigint: true })
    expect([stat.mode & 0o7777n, stat.uid, stat.mtimeNs]).toEqual([0o755n, BigInt(NOBODY), 1_000_000_001n])
    root.setMetadata(path, { uid: 0, gid: 0, mode: 0o4755, xattrs: undefined, mtimeNs: undefined })
    expect(lstatSync(join(directory, 'file')).mode & 0o7777).toBe(0o4755)
    root.close()
  },
)
