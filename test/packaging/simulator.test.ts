import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { builtApp, CHECKOUT } from '../support/built-app.ts'

/** Names that nothing but the simulation has. */
const MARKS = ['simulated-mesh', 'shoal-simulator', 'LazyRecord', 'startSimulator'] as const

test('SIM-4 nothing that is built is made of the simulation, nor of any test', async () => {
  const out = join(await builtApp(), 'out')
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(m?js|cjs|html|css)$/.test(name),
  )
  expect(files.length).toBeGreaterThan(3)
  for (const name of files) {
    const text = readFileSync(join(out, name), 'utf8')
    for (const mark of MARKS) expect(text.includes(mark), `${name} has ${mark}`).toBe(false)
  }
  for (const name of readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((map) => map.endsWith('.map'))) {
    const { sources }: { sources: readonly string[] } = JSON.parse(readFileSync(join(out, name), 'utf8'))
    expect(sources.filter((source) => /(^|\/)(test|bench)\//.test(source) && !source.includes('node_modules'))).toEqual(
      [],
    )
  }
})

test('SIM-4 no package takes the folder of the tests', () => {
  const read = (name: string): string => readFileSync(join(CHECKOUT, 'packaging', name), 'utf8')
  const lists = [/files: \[(.*?)\]/s.exec(read('console.ts')), /const SOURCES = \[(.*?)\]/s.exec(read('agent.ts'))]
  const names = lists.map((found) => [...(found?.[1] ?? '').matchAll(/'([^']+)'/g)].map(([, name = '']) => name))
  expect(names[0]).toContain('out/**')
  expect(names[1]).toContain('node-agent')
  // Everything else is left out, so that a folder is in a package only when it is named.
  for (const name of names.flat()) expect(name, name).not.toMatch(/^(\*|test|bench|\.)/)
  // The agent's package takes whole folders: the simulation must not have crept into one of them.
  for (const folder of ['protocol', 'node-agent']) {
    const files = readdirSync(join(CHECKOUT, folder), { recursive: true, encoding: 'utf8' })
    expect(files.filter((name) => /simulat/i.test(name))).toEqual([])
  }
})
