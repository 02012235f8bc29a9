import { beforeEach, describe, expect, test } from 'vitest'
import { openStore, RecordBook } from '../../../node-agent/store/index.ts'
import { Rollouts } from '../../../node-agent/rollout/index.ts'
import { parseChannelName } from '../../../protocol/index.ts'
import { parseWaves, planWaves } from '../../../protocol/rollout/index.ts'
import { join } from 'node:path'
import {
  DAY_MS,
  enrolHost,
  MESH,
  type MeshFixture,
  meshFixture,
  NOW_MS,
  seeded,
  signControl,
  signHead,
  signRetry,
  signRoot,
  signStatus,
  channelStatus,
} from '../../support/mesh-fixture.ts'
import { tempDir } from '../../support/temp-dir.ts'

let mesh: MeshFixture
let book: RecordBook
let reopen: () => Promise<Rollouts>
const clock = { now: () => NOW_MS + 60_000 }

beforeEach(async () => {
  mesh = await meshFixture()
  const store = await openStore(join(await tempDir(), 'db'))
  reopen = async () => {
    book = new RecordBook({ store, clock }, { mesh: MESH, rootFingerprint: mesh.root.id, self: undefined })
    await book.load()
    return new Rollouts({ store, book, clock })
  }
  await reopen()
  await book.offer(mesh.root.bytes)
  return () => store.close()
})

const refusal = async ({ bytes }: { readonly bytes: Uint8Array }) => {
  const result = await book.offer(bytes)
  return 'error' in result ? `${result.outcome} ${result.error?.code}` : result.outcome
}

describe('words on rollouts', () => {
  test('ROLLOUT-14 control and retry are signed by one publisher, in its own slot, and not from the future', async () => {
    const head = await signHead(1, mesh.publisher)
    const { host } = await enrolHost(mesh)
    const stranger = await seeded(9)
    expect(await refusal(await signControl(stranger, head, 1))).toBe('rejected RECORD_SIGNER_NOT_TRUSTED')
    expect(await refusal(await signRetry(mesh.enroller, head, host, 1))).toBe('rejected RECORD_SIGNER_NOT_TRUSTED')
    const pause = { fromWave: 1, order: 1, atMs: NOW_MS + DAY_MS, message: '' }
    expect(await refusal(await signControl(mesh.publisher, head, 1, { pause }))).toBe('unjudged RECORD_EXPIRED')
    expect(await refusal(await signControl(mesh.publisher, head, 2))).toBe('new')
    expect(await refusal(await signControl(mesh.publisher, head, 1))).toBe('known')
    expect(await refusal(await signRetry(mesh.publisher, head, host, 1))).toBe('new')
  })

  test('ROLLOUT-14 words of who is publisher no more do not count', async () => {
    const head = await signHead(1, mesh.publisher)
    const rollouts = await reopen()
    for (const record of [head, await signControl(mesh.publisher, head, 1)]) expect(await refusal(record)).toBe('new')
    expect((await rollouts.state('web'))?.paused).toMatchObject({ fromWave: 1 })
    const next = await seeded(30)
    const publishers = [{ keys: [next.publicKey], threshold: 1, channels: '*' }]
    const heads = [{ channel: parseChannelName(head.key), sequence: 1, head: head.id }]
    expect(await refusal(await signRoot(mesh, 2, [mesh.rootKey], { publishers, heads }))).toBe('new')
    expect((await rollouts.state('web'))?.paused).toBeUndefined()
    expect((await rollouts.state('web'))?.sequence).toBe(1)
  })

  test('ROLLOUT-7 what was seen open stays so over restarts, for that head alone', async () => {
    const rollouts = await reopen()
    const { grant, binding, host, peer } = await enrolHost(mesh)
    for (const record of [grant, binding]) expect(await refusal(record)).toBe('new')
    const { rollout } = planWaves('web', 2, parseWaves(['host:oslo-1']), [{ host: 'oslo-1', site: 'oslo', labels: {} }])
    const head = await signHead(2, mesh.publisher, { rollout })
    expect(await refusal(head)).toBe('new')
    expect((await rollouts.state('web'))?.open).toBe(1)
    const well = channelStatus({ sequence: 2, targetSequence: 2, state: 'settled' })
    expect(await refusal(await signStatus(host, 1, { atMs: NOW_MS, channels: [well] }))).toBe('new')
    expect((await rollouts.state('web'))?.open).toBe(2)
    expect((await rollouts.seenOpen('web'))(2)).toBe(clock.now())
    const failed = channelStatus({ sequence: 1, targetSequence: 2, state: 'rolled-back' })
    expect(await refusal(await signStatus(host, 2, { atMs: NOW_MS, channels: [failed] }))).toBe('new')
    expect((await rollouts.state('web'))?.open).toBe(2)
    const again = await reopen()
    expect((await again.state('web'))?.open).toBe(2)
    expect((await again.seenOpen('web'))(2)).toBe(clock.now())
    expect(await again.hold(head, peer)).toBeUndefined()
    expect(await refusal(await signHead(3, mesh.publisher, { rollout }))).toBe('new')
    expect((await again.state('web'))?.open).toBe(1)
    expect((await again.seenOpen('web'))(2)).toBeUndefined()
  })
})
