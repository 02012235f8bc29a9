/** Gives up root, then exchanges the names A and B of each pair, A B A B …, with rests of random length so that neither side always wins, until it is killed or its parent ends. Says `ready` when at it. */
import { libc } from '../../node-agent/fs/libc.ts'

const NOBODY = 65534
const AT_FDCWD = -100
const RENAME_EXCHANGE = 2
const MOST_ROUNDS = 1000
const LONGEST_REST_MS = 20

const parent = process.ppid
const { renameat2 } = libc()
const names = process.argv.slice(2).map((name) => Buffer.from(`${name}\0`))
process.setgroups?.([])
process.setgid?.(NOBODY)
process.setuid?.(NOBODY)

const empty = Buffer.from('\0')
const exchange = (): void => {
  for (let i = 0; i < names.length; i += 2) {
    // Fails while the other side has taken one of the names away.
    renameat2(AT_FDCWD, names[i] ?? empty, AT_FDCWD, names[i + 1] ?? empty, RENAME_EXCHANGE)
  }
}
exchange()
console.log('ready')
const clock = new Int32Array(new SharedArrayBuffer(4))
while (process.ppid === parent) {
  for (let left = Math.random() * MOST_ROUNDS; left > 0; left--) exchange()
  Atomics.wait(clock, 0, 0, Math.random() * LONGEST_REST_MS)
}
