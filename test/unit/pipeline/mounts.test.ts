import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { openTreeRoot } from '../../../node-agent/fs/index.ts'
import { checkOneFileSystem } from '../../../node-agent/pipeline/one-file-system.ts'
import { findUnmanaged } from '../../../node-agent/scan/index.ts'
import { parseTreePath, ROOT_PATH } from '../../../protocol/index.ts'
import { CAN_MOUNT, mountKind } from '../../support/loop-mount.ts'
import { tempDir } from '../../support/temp-dir.ts'

test.skipIf(!CAN_MOUNT)(
  'COMMIT-25 mounts inside a live tree are left alone; what would change something on one is refused',
  async () => {
    const live = join(await tempDir(), 'live')
    mkdirSync(join(live, 'data', 'mount'), { recursive: true })
    writeFileSync(join(live, 'data', 'file'), '')
    onTestFinished(mountKind('tmpfs', '', join(live, 'data', 'mount')))
    mkdirSync(join(live, 'data', 'mount', 'sub'))
    const root = openTreeRoot(live)
    const check =
      (...paths: string[]) =>
      (): void =>
        checkOneFileSystem(root, paths.map(parseTreePath))
    expect(check('data/file', 'data/new', 'new', 'data/no/such')).not.toThrow()
    for (const path of ['data/mount', 'data/mount/x', 'data/mount/sub', 'data/mount/sub/x']) {
      expect(check('data/file', path)).toThrow(expect.objectContaining({ code: 'TARGET_CROSSES_FILESYSTEM' }))
    }
    const unmanaged = findUnmanaged(root, ROOT_PATH, () => false, new AbortController().signal)
    await expect(unmanaged).rejects.toMatchObject({ code: 'TARGET_CROSSES_FILESYSTEM' })
    root.close()
  },
)
