import { expect, test } from 'vitest'
import { makeWorld } from '../../simulator/world.ts'

test('SIM-6 the same seed makes the same machines, another one others', () => {
  const init = { hosts: 500, sites: 20, seed: 3 }
  expect(makeWorld(init)).toEqual(makeWorld(init))
  expect(makeWorld({ ...init, seed: 4 })).not.toEqual(makeWorld(init))
})

test.each([
  [40, 40],
  [1000, 24],
  [10_000, 1],
])('SIM-6 %i hosts are in all of %i sites', (hosts, sites) => {
  const world = makeWorld({ hosts, sites, seed: 7 })
  expect(world.hosts).toHaveLength(hosts)
  expect(new Set(world.hosts.map(({ name }) => name)).size).toBe(hosts)
  expect(new Set(world.hosts.map(({ site }) => site.name)).size).toBe(sites)
})
