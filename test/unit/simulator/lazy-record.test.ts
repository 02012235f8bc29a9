import { expect, test } from 'vitest'
import {
  decodeRecord,
  keyPairFromSeed,
  parseHostName,
  parseMeshId,
  parseSiteName,
  signRecord,
  verifySignatures,
} from '../../../protocol/index.ts'
import { fastKey, LazyRecord } from '../../simulator/lazy-record.ts'
import { testSeed } from '../../support/fake-book.ts'

const body = {
  host: parseHostName('oslo-1'),
  site: parseSiteName('oslo'),
  labels: { role: 'web' },
  issuedAtMs: 1,
  expiresMs: 2,
  joinKey: fastKey(testSeed(9)).publicKey,
}
const init = { mesh: parseMeshId('5e'.repeat(16)), kind: 'grant', key: 'ab'.repeat(16), version: 1, body } as const

test('SIM-2 a record that is signed when it is looked at is the one that the real code signs', async () => {
  const seeds = [testSeed(1), testSeed(2)]
  const lazy = new LazyRecord(init, seeds.map(fastKey))
  const real = await signRecord(init, await Promise.all(seeds.map(keyPairFromSeed)))
  expect(lazy.bytes).toEqual(real.bytes)
  expect(lazy.id).toBe(real.id)
  expect(await verifySignatures(lazy)).toEqual(await verifySignatures(real))
  expect((await decodeRecord(lazy.bytes)).body).toEqual(body)
})
