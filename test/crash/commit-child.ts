/** Commits the new release in DIRECTORY/live and kills itself at the n-th changing call; says `done CALLS` when it came to the end. */
import { join } from 'node:path'
import { openTreeRoot } from '../../node-agent/fs/index.ts'
import { Journal } from '../../node-agent/journal/index.ts'
import { openStore } from '../../node-agent/store/store.ts'
import { applyTest, releaseOf, watchRoot } from '../support/live-tree.ts'

const [directory = '', at = ''] = process.argv.slice(2)
let calls = 0
const root = watchRoot(openTreeRoot(join(directory, 'live')), () => {
  if (++calls === Number(at)) process.kill(process.pid, 'SIGKILL')
})
const store = await openStore(join(directory, 'db'))
const [previous, next] = [await releaseOf(join(directory, 'old')), await releaseOf(join(directory, 'new'))]
await applyTest({ root, journal: new Journal({ store }), sequence: 2, next, previous })
await store.close()
console.log(`done ${calls}`)
