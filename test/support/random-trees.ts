import { dirname } from 'node:path'
import fc from 'fast-check'
import { d, f, h, l, type Node, type TreeSpec } from './live-tree.ts'

const NAMES = ['A', 'a', 'b', 'c', 'd', 'e', 'a/x', 'a/y', 'b/x', 'c/x', 'c/y', 'a/x/p', 'a/x/p/q'] as const
const TEXTS = [
  ...['a', 'A', 'b', 'c', 'a/x', 'b/x', 'c/x', 'd/x', 'd/y', 'e/x', '../a', '../b', '../c/x', 'x', 'y', 'd', 'e', '.'],
  ...['..', 'a/x/p', '../../b', '/etc/hosts', '../../../out', 'nowhere'],
]

const nodeOf = (texts: readonly string[]): fc.Arbitrary<Node> =>
  fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom('1', '2', '3').map((text) => f(text)) },
    { weight: 4, arbitrary: fc.constant(d) },
    { weight: 5, arbitrary: fc.constantFrom(...texts).map(l) },
    { weight: 1, arbitrary: fc.constantFrom(...NAMES).map(h) },
  )

/**
 * Valid trees of some of the names: files, directories, links of every sort, further names; children only of directories, further names only of earlier
 * files. `texts`: link texts besides the usual.
 */
export const treeArbitrary = (texts: readonly string[] = []): fc.Arbitrary<TreeSpec> =>
  fc
    .tuple(...NAMES.map((name) => fc.option(nodeOf([...TEXTS, ...texts]), { freq: 4 }).map((n) => [name, n] as const)))
    .map((all) => {
      const spec: Record<string, Node> = {}
      for (const [name, n] of all.toSorted(([a], [b]) => (a < b ? -1 : 1))) {
        const parent = dirname(name)
        const above = parent === '.' ? d : spec[parent]
        if (n === null || above === undefined || !('dir' in above)) continue
        const first = 'name' in n ? spec[n.name] : undefined
        if ('name' in n && (first === undefined || !('file' in first) || n.name >= name)) continue
        spec[name] = n
      }
      return spec
    })
