import { describe, expect, test } from 'vitest'
import { Simulation, type SimulationInit } from '../../support/simulation/simulation.ts'

const CHUNK_BYTES = 96_000
const ALONE = { hosts: 1, uplinkRate: 2.5e6, delayMs: 0.5 }
const HOUR_MS = 3_600_000

const simulate = (init: Omit<SimulationInit, 'chunkBytes'>): Simulation =>
  new Simulation({ chunkBytes: CHUNK_BYTES, ...init })

/** When the last living host had everything, seconds. */
const lastSeconds = ({ hosts }: Simulation): number => Math.max(...hosts.map(({ doneAtMs = 0 }) => doneAtMs)) / 1000

/** Shortest time in which u0 can bring it to n hosts of rate u: Kumar and Ross, HotWeb 2006. */
const boundSeconds = (bytes: number, hosts: number, u0: number, u: number): number =>
  Math.max(bytes / u0, bytes / u, (hosts * bytes) / (u0 + hosts * u))

describe('simulated meshes', () => {
  test.each([
    ['as wide as theirs', 2.5e6, 1.35, 1.35],
    ['a quarter of theirs', 0.625e6, 1.2, 1.15],
  ])('SIM-1 eight hosts and a publisher whose line is %s', (_, u0, most, egress) => {
    const sites = [{ ...ALONE, uplinkRate: u0 }, ...Array.from({ length: 8 }, () => ALONE)]
    const mesh = simulate({ seed: 1, chunks: 400, sites, tickMs: 250 })
    expect(mesh.run(HOUR_MS)).toBe(true)
    expect(lastSeconds(mesh)).toBeLessThan(most * boundSeconds(400 * CHUNK_BYTES, 8, u0, 2.5e6))
    expect(mesh.egress()).toBeLessThan(egress)
    expect(Math.max(...mesh.hosts.map(({ wastedBytes }) => wastedBytes))).toBeLessThan(0.02 * 400 * CHUNK_BYTES)
  })

  const ROOM = { hosts: 5, uplinkRate: 0.25e6, delayMs: 10 }
  const rooms = { chunks: 60, sites: [{ ...ALONE, uplinkRate: 12.5e6 }, ROOM, ROOM], tickMs: 250 }

  test.each([1, 2, 3])('SIM-2 five hosts behind a thin uplink cost it little more than one copy (seed %i)', (seed) => {
    const mesh = simulate({ seed, ...rooms })
    expect(mesh.run(HOUR_MS)).toBe(true)
    for (const { uplink } of mesh.sites.slice(1)) expect(mesh.copies(uplink.down)).toBeLessThan(1.15)
  })

  test.each([1, 2, 3])('SIM-2 one of them dies half way (seed %i)', (seed) => {
    const mesh = simulate({ seed, ...rooms })
    mesh.events.after(12_000, () => {
      for (const { hosts } of mesh.sites.slice(1)) hosts[0]?.die()
    })
    expect(mesh.run(HOUR_MS)).toBe(true)
    for (const { uplink } of mesh.sites.slice(1)) expect(mesh.copies(uplink.down)).toBeLessThan(1.3)
  })

  test('SIM-3 two hundred hosts on forty sites get everything, each site about once, and the same seed gives the same', () => {
    const sites = [
      { ...ALONE, uplinkRate: 1.25e6 },
      ...Array.from({ length: 40 }, () => ({ hosts: 5, uplinkRate: 0.25e6, delayMs: 40 })),
    ]
    const run = (): Simulation => {
      const mesh = simulate({ seed: 7, chunks: 32, sites, tickMs: 1000 })
      expect(mesh.run(HOUR_MS)).toBe(true)
      return mesh
    }
    const [mesh, again] = [run(), run()]
    const copies = mesh.sites.slice(1).map(({ uplink }) => mesh.copies(uplink.down))
    expect(Math.max(...copies)).toBeLessThan(1.3)
    expect(copies.reduce((sum, n) => sum + n, 0) / copies.length).toBeLessThan(1.15)
    expect(again.hosts.map(({ doneAtMs }) => doneAtMs)).toEqual(mesh.hosts.map(({ doneAtMs }) => doneAtMs))
  })
})
