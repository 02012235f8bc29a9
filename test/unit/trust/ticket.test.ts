import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createKeyPair, decodeTicket, encodeTicket } from '../../../protocol/index.ts'
import { joinMesh } from '../../../node-agent/mesh/index.ts'
import { DAY_MS, grantBody, MESH, meshFixture, NOW_MS, signGrant } from '../../support/mesh-fixture.ts'

async function ticketParts() {
  const mesh = await meshFixture()
  const joinKey = await createKeyPair()
  const grant = await signGrant(mesh, '66'.repeat(16), grantBody(joinKey))
  const bootstrap = ['/ip4/192.0.2.7/tcp/4001']
  const ticket = {
    mesh: MESH,
    rootFingerprint: mesh.root.id,
    roots: [mesh.root],
    grant,
    joinSeed: joinKey.seed,
    bootstrap,
  }
  return { mesh, joinKey, ticket }
}

describe('tickets', () => {
  test('TICKET-1 a line gives back what it was made of', async () => {
    const { ticket } = await ticketParts()
    const line = await encodeTicket(ticket)
    expect(line).toMatch(/^shoal1[A-Za-z0-9_-]+$/)
    expect(await decodeTicket(`${line}\n`)).toEqual(ticket)
  })

  test('TICKET-2 a cut or mistyped line is refused', async () => {
    const line = await encodeTicket((await ticketParts()).ticket)
    const at = (n: number) => `${line.slice(0, n)}${line[n] === 'A' ? 'B' : 'A'}${line.slice(n + 1)}`
    const bad = [
      '',
      'shoal',
      'shoal1',
      line.slice(0, -1),
      line.slice(0, 40),
      at(60),
      at(line.length - 3),
      line.slice(1),
      `${line}!`,
      `shoal2${line.slice(6)}`,
    ]
    for (const text of bad)
      await expect(decodeTicket(text), text.slice(0, 12)).rejects.toMatchObject({ code: 'TICKET_MALFORMED' })
  })

  test('TICKET-3 a ticket that does not prove its grant is refused', async () => {
    const { mesh, joinKey, ticket } = await ticketParts()
    const stranger = await createKeyPair()
    const forged = [
      { ...ticket, grant: await signGrant(mesh, '77'.repeat(16), grantBody(joinKey), stranger) },
      { ...ticket, rootFingerprint: ticket.grant.id },
      { ...ticket, joinSeed: stranger.seed },
      { ...ticket, grant: await signGrant(mesh, '78'.repeat(16), grantBody(joinKey), mesh.publisher) },
    ]
    for (const parts of forged) {
      await expect(decodeTicket(await encodeTicket(parts))).rejects.toMatchObject({ code: 'TICKET_FORGED' })
    }
  })

  test('TICKET-4 an expired grant is refused before any key is made', async () => {
    const line = await encodeTicket((await ticketParts()).ticket)
    const home = await mkdtemp(join(tmpdir(), 'shoal-ticket-'))
    try {
      await expect(joinMesh(home, line, NOW_MS + 2 * DAY_MS)).rejects.toMatchObject({ code: 'GRANT_EXPIRED' })
      expect(await readdir(home)).toEqual([])
      await expect(joinMesh(home, line, NOW_MS)).resolves.toMatchObject({ host: 'oslo-1', site: 'oslo' })
    } finally {
      await rm(home, { recursive: true })
    }
  })
})
