import { rm } from 'node:fs/promises'
import { expect, onTestFinished, test } from 'vitest'
import { Rollouts } from '../../../node-agent/rollout/index.ts'
import { type Digest, parseDigest, type RecordOf, signRecord } from '../../../protocol/index.ts'
import { SimulatedClock } from '../../simulator/clock.ts'
import { enrolWorld } from '../../simulator/enrol.ts'
import { makeHome } from '../../simulator/home.ts'
import { saidBook } from '../../simulator/said-book.ts'
import { Simulation } from '../../simulator/simulation.ts'
import type { Place } from '../../simulator/state.ts'
import { makeWorld } from '../../simulator/world.ts'
import { headBody } from '../../support/simulated-book.ts'
import { keepingLogger } from '../../support/test-mesh.ts'

const MINUTE = 60_000
const BEGIN = Date.UTC(2026, 5, 12)
const DELTA = 400_000
const manifest = (release: number) => parseDigest(release.toString(16).padStart(64, '0'))

/** Eighty machines on four sites that are all at release 1 of `web` and of `base-config`, and a clock to wind. */
async function aMesh() {
  const clock = new SimulatedClock(BEGIN - 100 * MINUTE)
  const { core, folder, enroller, colleague } = await makeHome(clock, keepingLogger(), 11)
  onTestFinished(async () => {
    await core.close()
    await rm(folder, { recursive: true })
  })
  const publish = async (channel: string, version: number): Promise<RecordOf<'head'>> => {
    const deltas = version === 1 ? [] : [{ from: manifest(version - 1), blob: manifest(99), bytes: DELTA }]
    const body = headBody(clock.now(), { manifest: manifest(version), treeBytes: 9_000_000, deltas })
    const { mesh } = core.mesh.identity
    const head = await signRecord({ mesh, kind: 'head', key: channel, version, body }, [colleague])
    await core.keep(head)
    return head
  }
  for (const channel of ['web', 'base-config', 'kiosk', 'edge-firmware']) await publish(channel, 1)
  clock.wind(BEGIN)
  const world = makeWorld({ hosts: 80, sites: 4, seed: 11 })
  const enrolled = enrolWorld(core, enroller, world, 11)
  const said = saidBook(core.mesh.book)
  const rollouts = new Rollouts({ store: core.store, book: said.book, clock })
  const needs = {
    heads: (channel: string) => core.mesh.book.heads(channel),
    manifest: (id: Digest) => core.manifests.load(id),
  }
  const simulation = new Simulation(
    { mesh: { ...core.mesh, book: said.book, rollouts }, said, needs },
    { world, enrolled, seed: 11 },
  )
  await simulation.begin(BEGIN)
  const pass = async (minutes: number): Promise<void> => {
    for (let i = 0; i < minutes * 30; i++) {
      clock.wind(clock.now() + 2_000)
      await simulation.advance(clock.now())
    }
  }
  const words = (place: Place) =>
    place.machines.flatMap(({ enrolled: { peer } }) => {
      const record = core.mesh.book.get(`status/${peer}`)
      return record?.kind === 'status' ? [record.body] : []
    })
  return { simulation, publish, pass, words }
}

test('SIM-7 a release crosses the line of a site once, and what hosts tell of it adds up', async () => {
  const { simulation, publish, pass, words } = await aMesh()
  await pass(1)
  await publish('web', 2)
  await pass(20)
  for (const place of simulation.places) {
    const web = words(place).flatMap(({ channels }) => channels.filter(({ channel }) => channel === 'web'))
    const there = web.filter(({ sequence }) => sequence === 2)
    expect(there.length).toBeGreaterThan(0)
    const crossed = web.reduce((sum, { received }) => sum + received.otherSiteBytes, 0)
    expect(crossed).toBeGreaterThan(0.9 * DELTA)
    expect(crossed).toBeLessThanOrEqual(DELTA)
    for (const { received, receivedBy } of there) {
      const sum = (parts: object | undefined): number => Object.values(parts ?? {}).reduce((a, b) => a + Number(b), 0)
      expect(received.wireBytes).toBe(DELTA)
      expect(received.sameSiteBytes + received.otherSiteBytes).toBe(DELTA)
      expect(sum(receivedBy?.links)).toBe(DELTA)
      expect(sum(receivedBy?.sources)).toBe(DELTA)
      expect(sum(receivedBy?.wasted)).toBe(received.wastedBytes)
    }
  }
})

test('SIM-8 a site that is cut off says nothing and takes nothing until it is heard again', async () => {
  const { simulation, publish, pass, words } = await aMesh()
  const [place] = simulation.places
  if (place === undefined) throw new Error('no sites')
  simulation.cut(place, true)
  const before = words(place).map(({ atMs }) => atMs)
  await publish('web', 2)
  await pass(20)
  expect(words(place).map(({ atMs }) => atMs)).toEqual(before)
  simulation.cut(place, false)
  await pass(20)
  const web = words(place).flatMap(({ channels }) => channels.filter(({ channel }) => channel === 'web'))
  expect(web.filter(({ sequence, proved }) => sequence === 2 && proved).length).toBeGreaterThan(web.length / 2)
})
