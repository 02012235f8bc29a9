import { hash } from 'node:crypto'
import type { BigIntStats } from 'node:fs'
import { lstat, readdir, readFile, readlink } from 'node:fs/promises'

/**
 * The demo's own eyes: it does not use Shoal's scanner, so that a fault there cannot hide itself.
 * Compares two trees byte by byte and by metadata: kind, mode, owner, modification time in nanoseconds, link text, hardlink groups.
 * `.shoal` at the root of `live` is Shoal's own and is left out.
 * @returns one line a difference, at most 20; empty when the trees are equal
 */
export async function compareTrees(source: string, live: string): Promise<readonly string[]> {
  const [wanted, found] = [await readTree(source), await readTree(live)]
  const differences: string[] = []
  for (const [path, facts] of wanted) {
    const other = found.get(path)
    if (other === undefined) differences.push(`missing: ${JSON.stringify(path)}`)
    else if (other !== facts) differences.push(`differs: ${JSON.stringify(path)}: ${other}, not ${facts}`)
  }
  for (const path of found.keys())
    if (!wanted.has(path)) differences.push(`not in the release: ${JSON.stringify(path)}`)
  return differences.slice(0, 20)
}

async function readTree(root: string): Promise<Map<string, string>> {
  const seen = new Map<string, string>()
  const firstName = new Map<bigint, string>()
  const walk = async (path: string): Promise<void> => {
    const full = Buffer.concat([Buffer.from(root), Buffer.from(path === '' ? '' : `/${path}`, 'latin1')])
    const stat = await lstat(full, { bigint: true })
    const group = firstName.get(stat.ino) ?? path
    firstName.set(stat.ino, group)
    seen.set(path, await factsOf(full, stat, group === path ? '' : ` linked to ${JSON.stringify(group)}`))
    if (!stat.isDirectory()) return
    const names = (await readdir(full, { encoding: 'buffer' })).map((name) => name.toString('latin1')).toSorted()
    for (const name of names) {
      if (path !== '' || name !== '.shoal') await walk(path === '' ? name : `${path}/${name}`)
    }
  }
  await walk('')
  return seen
}

async function factsOf(full: Buffer, stat: BigIntStats, link: string): Promise<string> {
  const owner = `${stat.uid}:${stat.gid} ${stat.mtimeNs}`
  if (stat.isSymbolicLink()) return `symlink ${owner} ${(await readlink(full, { encoding: 'buffer' })).toString('hex')}`
  const mode = (stat.mode & 0o7777n).toString(8)
  if (stat.isDirectory()) return `directory ${mode} ${owner}`
  return `file ${mode} ${owner} ${stat.size} ${hash('sha256', await readFile(full), 'hex')}${link}`
}
