import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FolderGrants } from '../../../node-agent/desktop/index.ts'
import { tempDir } from '../../support/temp-dir.ts'

test('SEC-6 a window reaches the folders that a person chose, and those in them, by ids alone', async () => {
  const folder = await tempDir()
  await mkdir(join(folder, 'site', 'assets'), { recursive: true })
  await writeFile(join(folder, 'site', 'index.html'), '')
  await symlink('/etc', join(folder, 'site', 'etc'))
  const grants = new FolderGrants()
  expect((await grants.list(null)).rows).toEqual([])
  const site = grants.grant(join(folder, 'site'))
  expect(site).toMatchObject({ name: 'site', path: join(folder, 'site') })
  expect(grants.grant(join(folder, 'site'))).toEqual(site)
  expect((await grants.list(null)).rows).toEqual([site])
  const { above, rows, truncated } = await grants.list(site.id)
  expect([above, truncated]).toEqual([[site], false])
  expect(rows.map(({ name }) => name)).toEqual(['assets'])
  expect(grants.pathOf(rows[0]?.id ?? '')).toBe(join(folder, 'site', 'assets'))
  for (const id of ['', '/etc', 'x'.repeat(22), join(folder, 'site')]) {
    expect(() => grants.pathOf(id), id).toThrow('nobody chose')
    await expect(grants.list(id)).rejects.toMatchObject({ code: 'BAD_REQUEST' })
  }
})
