/**
 * A bystander: looks at the inode numbers of some paths again and again until its standard input ends, and prints when it saw the first that was not the
 * old one, and when the last that was not yet the new one. Run as a process of its own: `node observer.ts LIVE LISTFILE`; the list has one path a line.
 */
import { lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const [, , live = '', list = ''] = process.argv
const paths = readFileSync(list, 'utf8')
  .split('\n')
  .filter((line) => line !== '')

/** 0 where nothing stands. */
const inodes = (): bigint[] =>
  paths.map((path) => lstatSync(join(live, path), { bigint: true, throwIfNoEntry: false })?.ino ?? 0n)

const old = inodes()
/** For each path, when it was last seen as it was, and first seen changed; milliseconds. */
const lastOld = old.map(() => 0)
const firstNew = old.map(() => Number.POSITIVE_INFINITY)
let stopped = false
process.stdin.on('end', () => (stopped = true)).resume()
process.stdout.write('ready\n')

function look(): void {
  const until = performance.now() + 50
  do {
    for (const [i, path] of paths.entries()) {
      const ino = lstatSync(join(live, path), { bigint: true, throwIfNoEntry: false })?.ino ?? 0n
      const now = performance.now()
      if (ino === old[i]) lastOld[i] = now
      else firstNew[i] = Math.min(firstNew[i] ?? now, now)
    }
  } while (performance.now() < until)
  if (!stopped) return void setImmediate(look)
  const changed = firstNew.flatMap((at, i) => (Number.isFinite(at) ? [i] : []))
  const first = Math.min(...changed.map((i) => firstNew[i] ?? 0))
  const last = Math.max(...changed.map((i) => lastOld[i] ?? 0))
  process.stdout.write(`${JSON.stringify({ changed: changed.length, windowMs: Math.max(0, last - first) })}\n`)
}
look()
