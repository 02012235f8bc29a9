import { describe, expect, test } from 'vitest'
import { diffReleases } from '../../../node-agent/publish/diff.ts'
import { directory, file, manifestOf, symlink } from '../../support/entries.ts'

describe('what publishing would change', () => {
  test('PUB-9 added, changed, removed and renamed, in path order', () => {
    const before = manifestOf(
      directory('d'),
      file('d/a', 'alpha'),
      file('d/b', 'beta'),
      file('gone', 'old'),
      file('e', ''),
    )
    const after = manifestOf(
      directory('d'),
      file('d/a', 'other'),
      file('moved', 'beta'),
      file('new', 'fresh'),
      file('f', ''),
    )
    const difference = diffReleases(before, after, '/srv/web')
    const { rows } = difference
    expect(rows.map(({ what, path, from }) => [what, path, from])).toEqual([
      ['changed', 'd/a', null],
      ['removed', 'e', null],
      ['added', 'f', null],
      ['removed', 'gone', null],
      ['renamed', 'moved', 'd/b'],
      ['added', 'new', null],
    ])
    expect(difference).toMatchObject({ added: 2, changed: 1, removed: 2, renamed: 1, unchanged: 1, manyRemoved: false })
    expect(difference.newBytes).toBe('other'.length + 'fresh'.length)
    expect(rows.map(({ newBytes }) => newBytes)).toEqual([5, 0, 0, 0, 0, 5])
    expect(diffReleases(after, after, '/srv/web').rows).toEqual([])
    expect(diffReleases(undefined, after, '/srv/web').added).toBe(5)
  })

  test('PUB-9 links out of the tree, links to nothing and files that run as their owner are told', () => {
    const after = manifestOf(
      file('app', 'x'),
      symlink('fine', 'app'),
      symlink('own', '/srv/web/app'),
      symlink('out', '/etc/passwd'),
      symlink('up', '../secret'),
      symlink('void', 'missing'),
      file('su', 'y', { mode: 0o4755 }),
    )
    const { rows } = diffReleases(undefined, after, '/srv/web')
    expect(rows.flatMap(({ path, risk }) => (risk === null ? [] : [[path, risk]]))).toEqual([
      ['out', 'escaping'],
      ['su', 'setuid'],
      ['up', 'escaping'],
      ['void', 'dangling'],
    ])
  })

  test('PUB-9 many removals are warned of', () => {
    const before = manifestOf(...Array.from({ length: 50 }, (_, i) => file(`f${i}`, `${i}`)))
    const after = manifestOf(file('f1', '1'))
    expect(diffReleases(before, after, '/srv/web')).toMatchObject({ removed: 49, manyRemoved: true })
  })
})
