import { readFileSync } from 'node:fs'
import * as cbor from '@ipld/dag-cbor'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeRecord,
  fromHex,
  LIMITS,
  LINK_CONNECTIONS,
  type LinkReport,
  parseSiteName,
  RATE_AGES,
  roundRate,
  roundRoundTrip,
  type SiteLink,
  toHex,
  verifySignatures,
} from '../../../protocol/index.ts'
import { channelStatus, seeded, signStatus } from '../../support/mesh-fixture.ts'

const rate = fc.record({
  bytesPerSecond: fc.double({ min: 1, max: 1e11, noNaN: true }).map(roundRate),
  age: fc.constantFrom(...RATE_AGES),
})
const link: fc.Arbitrary<SiteLink> = fc.record({
  site: fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z0-9]$/).map(parseSiteName),
  connections: fc.integer({ min: 1, max: LINK_CONNECTIONS }),
  relayed: fc.boolean(),
  roundTripMs: fc.option(fc.double({ min: 0, max: 30_000, noNaN: true }).map(roundRoundTrip), { nil: undefined }),
  rate: fc.option(rate, { nil: undefined }),
})
const report: fc.Arbitrary<LinkReport> = fc.record({
  neighbours: fc.nat(300),
  sites: fc
    .uniqueArray(link, { maxLength: LIMITS.sitesPerStatus, selector: ({ site }) => site })
    .map((sites) => sites.toSorted((a, b) => (a.site < b.site ? -1 : 1))),
})

/** Four other sites, one of each kind; frozen. */
const frozen: LinkReport = {
  neighbours: 7,
  sites: [
    { site: parseSiteName('bergen'), connections: 4, relayed: false, roundTripMs: roundRoundTrip(9), rate: undefined },
    {
      site: parseSiteName('cape-town'),
      connections: 1,
      relayed: true,
      roundTripMs: roundRoundTrip(620),
      rate: { bytesPerSecond: roundRate(60_000), age: 'now' },
    },
    { site: parseSiteName('lima'), connections: 2, relayed: false, roundTripMs: undefined, rate: undefined },
    {
      site: parseSiteName('tokyo'),
      connections: 3,
      relayed: false,
      roundTripMs: roundRoundTrip(240),
      rate: { bytesPerSecond: roundRate(12e6), age: 'older' },
    },
  ],
}

const statusWith = async (links?: LinkReport) =>
  signStatus(await seeded(5), 4, { channels: [channelStatus()], ...(links && { links }) })

describe('links in a status', () => {
  test('LINKS-2 the bytes of a status with links stay as they are, and each link costs two bytes and its name', async () => {
    const path = new URL('../../fixtures/records/v1-links-status.json', import.meta.url)
    const { links: hex }: { links: string } = JSON.parse(readFileSync(path, 'utf8'))
    const [made, plain] = [await statusWith(frozen), await statusWith()]
    expect(toHex(made.bytes)).toBe(hex)
    const read = await decodeRecord(fromHex(hex))
    expect(read).toEqual(made)
    expect(read.kind === 'status' && read.body.links).toEqual(frozen)
    await expect(verifySignatures(read)).resolves.toBeInstanceOf(Set)
    // The key, the list's head, the neighbours; then a head, a name, and a head and two bytes for each site.
    const names = frozen.sites.reduce((sum, { site }) => sum + site.length, 0)
    expect(made.bytes.length - plain.bytes.length).toBe(6 + 1 + 1 + frozen.sites.length * 4 + names)
  })

  test('LINKS-2 a status of an older agent has no links', async () => {
    const { body } = await decodeRecord((await statusWith()).bytes)
    expect(body).not.toHaveProperty('links')
  })

  test('LINKS-2 every report is read as it was written', async () => {
    await fc.assert(
      fc.asyncProperty(report, async (links) => {
        const read = await decodeRecord((await statusWith(links)).bytes)
        expect(read.kind === 'status' && read.body.links).toEqual(links)
      }),
      { numRuns: 100 },
    )
  })

  test.each<[string, unknown]>([
    ['nothing', []],
    ['no number of neighbours', ['oslo', 4]],
    ['a name without a word', [1, 'oslo']],
    ['a word that is too large', [1, 'oslo', 0x10000]],
    ['a word that is none', [1, 'oslo', 1.5]],
    ['names out of order', [1, 'oslo', 4, 'lima', 4]],
    ['a name twice', [1, 'oslo', 4, 'oslo', 4]],
    ['a name that is none', [1, '../x', 4]],
    ['the age of a rate that is not there', [1, 'oslo', 1]],
    [
      'too many',
      [1, ...Array.from({ length: LIMITS.sitesPerStatus + 1 }, (_, i) => [`s${String(i).padStart(2, '0')}`, 4]).flat()],
    ],
    ['a map', { neighbours: 1 }],
  ])('LINKS-2 refuses %s', async (_, links) => {
    const { payload, signatures } = await statusWith(frozen)
    const read = cbor.decode<{ body: Record<string, unknown> }>(payload)
    const changed = cbor.encode({ ...read, body: { ...read.body, links } })
    const bytes = cbor.encode({ payload: changed, signatures: signatures.map((s) => [fromHex(s.key), s.bytes]) })
    await expect(decodeRecord(bytes)).rejects.toMatchObject({ code: 'RECORD_MALFORMED' })
  })
})
