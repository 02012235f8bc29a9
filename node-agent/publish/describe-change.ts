import { displayPath, type Entry, sameChunks } from '../../protocol/index.ts'

/** What differs between two entries of one path, in words: `content`, `mode 0644 → 0755`. Pure. */
export function describeChange(before: Entry, after: Entry): string {
  if (before.kind !== after.kind) return `${before.kind} → ${after.kind}`
  if (before.kind === 'hardlink' || after.kind === 'hardlink') {
    const [from, to] = [targetOf(before), targetOf(after)]
    return from === to ? '' : `name of ${displayPath(from)} → ${displayPath(to)}`
  }
  const words: string[] = []
  if (before.kind === 'file' && after.kind === 'file' && !sameChunks(before.chunks, after.chunks)) words.push('content')
  if (before.kind === 'symlink' && after.kind === 'symlink' && before.target !== after.target)
    words.push(`target ${displayPath(before.target)} → ${displayPath(after.target)}`)
  if (before.kind !== 'symlink' && after.kind !== 'symlink' && before.mode !== after.mode)
    words.push(`mode ${octal(before.mode)} → ${octal(after.mode)}`)
  if (before.uid !== after.uid || before.gid !== after.gid)
    words.push(`owner ${before.uid}:${before.gid} → ${after.uid}:${after.gid}`)
  if (attributes(before) !== attributes(after)) words.push('attributes')
  const isOther = before.mtimeSec !== after.mtimeSec || before.mtimeNs !== after.mtimeNs
  if (words.length === 0) words.push(isOther ? 'time' : 'holes')
  return words.join(', ')
}

const targetOf = (entry: Entry): string => (entry.kind === 'hardlink' || entry.kind === 'symlink' ? entry.target : '')

const octal = (mode: number): string => mode.toString(8).padStart(4, '0')

const attributes = ({ xattrs }: Exclude<Entry, { kind: 'hardlink' }>): string =>
  JSON.stringify(xattrs.map(({ name, value }) => [name, [...value]]))
