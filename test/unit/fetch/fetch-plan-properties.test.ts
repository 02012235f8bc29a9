import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { PeerKey } from '../../../protocol/index.ts'
import { seededRng } from '../../support/test-mesh.ts'
import { bits, FAR, FAR2, NEAR, NEAR2, peer, planOf, every } from '../../support/fetch-plans.ts'

describe('whatever happens', () => {
  const event = fc.oneof(
    fc.record({ t: fc.constant('have' as const), who: fc.nat(3), seed: fc.nat(255) }),
    fc.record({ t: fc.constant('more' as const), who: fc.nat(3), chunk: fc.nat(40) }),
    fc.record({ t: fc.constant('take' as const), who: fc.nat(3), count: fc.integer({ min: 1, max: 8 }) }),
    fc.record({ t: fc.constant('receive' as const), who: fc.nat(3) }),
    fc.record({ t: fc.constant('lack' as const), who: fc.nat(3) }),
    fc.record({ t: fc.constant('suspect' as const), who: fc.nat(3), on: fc.boolean() }),
    fc.record({ t: fc.constant('leave' as const), who: fc.nat(3) }),
    fc.record({ t: fc.constant('retry' as const) }),
  )

  test('PLAN-FETCH-8 every needed chunk is asked of somebody or can be taken; nothing is asked twice without reason; all arrive in the end', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), fc.boolean(), fc.nat(), (events, covered, seed) => {
        const count = 33
        const plan = planOf(count, { covered, rng: seededRng(seed) })
        const names = [NEAR, NEAR2, FAR, FAR2]
        const suspects = new Set<PeerKey>()
        let nowMs = 0
        for (const [i, name] of names.entries()) plan.addPeer(name, i < 2)
        for (const step of events) {
          const name = 'who' in step ? (names[step.who] ?? NEAR) : NEAR
          const [owed] = plan.askedOf(name)
          if (step.t === 'have')
            plan.setHave(
              name,
              bits(count, (i) => ((i * 7 + step.seed) & 3) !== 0),
            )
          if (step.t === 'more') plan.addHave(name, [step.chunk])
          if (step.t === 'receive' && owed !== undefined) plan.received(owed)
          if (step.t === 'lack' && owed !== undefined) plan.lacked(name, owed, (nowMs += 100))
          if (step.t === 'retry') plan.retry((nowMs += 5_000))
          if (step.t === 'suspect') {
            plan.suspect(name, step.on)
            if (step.on) suspects.add(name)
            else suspects.delete(name)
          }
          if (step.t === 'leave') {
            plan.removePeer(name)
            suspects.delete(name)
            plan.addPeer(name, names.indexOf(name) < 2)
          }
          if (step.t === 'take') {
            const taken = plan.take(name, 1e9, step.count)
            if (suspects.has(name)) expect(taken).toEqual([])
            const working = names.filter((other) => other !== name && !suspects.has(other))
            for (const chunk of taken) {
              expect(plan.needs(chunk)).toBe(true)
              expect(working.some((other) => plan.askedOf(other).includes(chunk))).toBe(false)
            }
          }
          const owedByWorking = new Set(
            names.filter((other) => !suspects.has(other)).flatMap((other) => plan.askedOf(other)),
          )
          expect(plan.unasked).toBe(plan.left - owedByWorking.size)
        }
        // A peer that has everything and works finishes the job.
        const seeder = peer('seeder')
        plan.addPeer(seeder, true)
        plan.setHave(seeder, every(count))
        for (const name of names) plan.removePeer(name)
        for (let taken = plan.take(seeder, 1e9, 5); taken.length > 0; taken = plan.take(seeder, 1e9, 5)) {
          for (const chunk of taken) plan.received(chunk)
        }
        expect(plan.left).toBe(0)
      }),
      { seed: 11, numRuns: 500 },
    )
  })
})
