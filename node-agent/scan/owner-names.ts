import { readFileSync } from 'node:fs'
import type { Entry, OwnerName } from '../../protocol/index.ts'

/** Names of the user ids that occur, from this machine's /etc/passwd, sorted by id. */
export const userNames = (entries: readonly Entry[]): readonly OwnerName[] =>
  namesIn('/etc/passwd', entries, (e) => e.uid)

/** Names of the group ids that occur, from this machine's /etc/group, sorted by id. */
export const groupNames = (entries: readonly Entry[]): readonly OwnerName[] =>
  namesIn('/etc/group', entries, (e) => e.gid)

type OwnedEntry = Exclude<Entry, { kind: 'hardlink' }>

function namesIn(file: string, entries: readonly Entry[], idOf: (entry: OwnedEntry) => number): readonly OwnerName[] {
  const known = parseNames(file)
  const ids = new Set<number>()
  for (const entry of entries) if (entry.kind !== 'hardlink') ids.add(idOf(entry))
  return [...ids]
    .toSorted((a, b) => a - b)
    .flatMap((id) => {
      const name = known.get(id)
      return name === undefined ? [] : [{ id, name }]
    })
}

/** First name of each id in a passwd(5) or group(5) file; a machine without it has ids only. */
function parseNames(file: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>()
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return names
  }
  for (const line of text.split('\n')) {
    const [name, , id] = line.split(':')
    const number = Number(id)
    if (
      name !== undefined &&
      name !== '' &&
      id !== undefined &&
      id !== '' &&
      Number.isInteger(number) &&
      !names.has(number)
    ) {
      names.set(number, name)
    }
  }
  return names
}
