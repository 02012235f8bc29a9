import { open, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { ShoalError } from '../../protocol/index.ts'

/** A file of mode 0600, complete and durable before it has its name. */
export async function writePrivate(path: string, text: string): Promise<void> {
  const temporary = `${path}.new`
  const file = await open(temporary, 'w', 0o600)
  try {
    await file.writeFile(text)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(temporary, path)
  await syncDirectoryOf(path)
}

/** What was renamed or removed in a file's directory is durable when it resolves. */
export async function syncDirectoryOf(path: string): Promise<void> {
  const directory = await open(join(path, '..'), 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

/** undefined when it is not there. @throws STORE_CORRUPT */
export async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (err) {
    if (err instanceof Error && 'code' in err && err.code === 'ENOENT') return undefined
    throw new ShoalError('STORE_CORRUPT', `cannot read ${path.split('/').slice(-1)[0]} in the home`, { cause: err })
  }
}
