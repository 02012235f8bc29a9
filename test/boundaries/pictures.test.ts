import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { PICTURES } from '../simulator/picture-list.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** Whoever clones has all of them. */
const MOST_BYTES = 640_000
const DOCUMENTS = ['README.md', 'docs/console.md'] as const

const shown = DOCUMENTS.flatMap((document) =>
  [...readFileSync(join(ROOT, document), 'utf8').matchAll(/(?:src|srcset)="(?:docs\/)?pictures\/([^"]+)"/g)].map(
    ([, name = '']) => name,
  ),
)
const there = readdirSync(join(ROOT, 'docs/pictures')).toSorted()

test('SIM-9 every picture that the documents show is there, is one that the script makes, and is a picture', () => {
  expect([...new Set(shown)].toSorted()).toEqual(there)
  expect(there).toEqual(PICTURES.flatMap(({ name }) => [`${name}-dark.webp`, `${name}-light.webp`]).toSorted())
  let total = 0
  for (const name of there) {
    const bytes = readFileSync(join(ROOT, 'docs/pictures', name))
    expect(bytes.toString('latin1', 0, 4) + bytes.toString('latin1', 8, 12), name).toBe('RIFFWEBP')
    total += bytes.length
  }
  expect(total).toBeLessThan(MOST_BYTES)
})
