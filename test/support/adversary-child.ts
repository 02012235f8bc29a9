/** Gives up root, then exchanges the names A and B of each pair, A B A B …, until it is killed or its parent ends. Says `ready` when at it. */
import { libc } from '../../node-agent/fs/libc.ts'

const NOBODY = 65534
const AT_FDCWD = -100
const RENAME_EXCHANGE = 2
const ROUNDS_AT_ONCE = 1000

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
while (process.ppid === parent) for (let i = 0; i < ROUNDS_AT_ONCE; i++) exchange()
