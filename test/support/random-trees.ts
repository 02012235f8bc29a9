import { dirname } from 'node:path'
import fc from 'fast-check'
import { d, f, h, l, type Node, type TreeSpec } from './live-tree.ts'

/** Two of them differ by case only. */
const NAMES = ['A', 'a', 'b', 'c', 'd', 'e', 'a/x', 'a/y', 'b/x', 'c/x', 'c/y', 'a/x/p', 'a/x/p/q'] as const
const TEXTS = [
  ...['a', 'A', 'b', 'c', 'a/x', 'b/x', 'c/x', 'd/x', 'd/y', 'e/x', '../a', '../b', '../c/x', 'x', 'y', 'd', 'e', '.'],
  ...['..', 'a/x/p', '../../b', '/etc/hosts', '../../../out', 'nowhere', 'deep/n/n/n/f', 'wide/f7'],
]

const nodeOf = (texts: readonly string[]): fc.Arbitrary<Node> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('1', '2', '3').map((text) => f(text)) },
    { weight: 4, arbitrary: fc.constant(d) },
    { weight: 5, arbitrary: fc.constantFrom(...texts).map(l) },
    { weight: 1, arbitrary: fc.constantFrom(...NAMES).map(h) },
  )

/** A chain of directories with a file in the last; nothing when 0 deep. */
const deepTree = ({ depth, text }: { readonly depth: number; readonly text: string }): TreeSpec => {
  const spec: Record<string, Node> = {}
  let path = 'deep'
  for (let i = 0; i < depth; i++, path += '/n') spec[path] = d
  return depth === 0 ? {} : { ...spec, [`${dirname(path)}/f`]: f(text) }
}

/** Many files of one directory, some of which differ from the same file of another tree. */
const wideTree = ({ width, every }: { readonly width: number; readonly every: number }): TreeSpec => {
  const files = Array.from(
    { length: width },
    (_, i) => [`wide/f${i}`, f(i % every === 0 ? `${every}` : 'same')] as const,
  )
  return width === 0 ? {} : { wide: d, ...Object.fromEntries(files) }
}

const deep = fc.record({ depth: fc.constantFrom(0, 0, 0, 4, 30), text: fc.constantFrom('1', '2') }).map(deepTree)
const wide = fc.record({ width: fc.constantFrom(0, 0, 0, 8, 40), every: fc.constantFrom(2, 3, 100) }).map(wideTree)

/**
 * Valid trees of some of the names: files, directories, links of every sort, further names; children only of directories, further names only of earlier
 * files. Some of them are deep or wide besides. `texts`: link texts besides the usual, such as absolute ones into the tree.
 */
export const treeArbitrary = (texts: readonly string[] = []): fc.Arbitrary<TreeSpec> =>
  fc
    .tuple(
      fc.tuple(
        ...NAMES.map((name) => fc.option(nodeOf([...TEXTS, ...texts]), { freq: 4 }).map((n) => [name, n] as const)),
      ),
      deep,
      wide,
    )
    .map(([all, ...more]) => {
      const spec: Record<string, Node> = {}
      for (const [name, n] of all.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        const parent = dirname(name)
        const above = parent === '.' ? d : spec[parent]
        if (n === null || above === undefined || !('dir' in above)) continue
        const first = 'name' in n ? spec[n.name] : undefined
        if ('name' in n && (first === undefined || !('file' in first) || n.name >= name)) continue
        spec[name] = n
      }
      return Object.assign(spec, ...more)
    })
