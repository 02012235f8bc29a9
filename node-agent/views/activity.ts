import type { RecordOf, ShoalRecord } from '../../protocol/index.ts'
import { verifySignatures } from '../../protocol/index.ts'
import type { ActivityKind, ActivityRequest, ActivityRow, ActivityUpdate } from '../../protocol/control/index.ts'
import type { Views } from './views.ts'

type Entry = Pick<ActivityRow, 'kind' | 'atMs' | 'subject' | 'text'>

/** Signed records as a history, newest first. */
export async function activityPicture(views: Views, request: ActivityRequest, nowMs: number): Promise<ActivityUpdate> {
  const records = await historyOf(views)
  const signers = views.signers()
  const all = records.map(({ record, entry }) => ({ record, entry, by: signers(record) }))
  const wanted = request.text.toLowerCase()
  const found = all.filter(({ entry, by }) => {
    if (request.kinds.length > 0 && !request.kinds.includes(entry.kind)) return false
    if (wanted === '') return true
    const words = [entry.subject, entry.text, ...by.flatMap(({ key, role }) => [key, role ?? ''])]
    return words.some((word) => word.toLowerCase().includes(wanted))
  })
  found.sort((a, b) => (b.entry.atMs ?? 0) - (a.entry.atMs ?? 0) || (a.record.id < b.record.id ? -1 : 1))
  const first = Math.min(request.first, found.length)
  const rows: ActivityRow[] = []
  for (const { record, entry, by } of found.slice(first, first + request.count)) {
    rows.push({ id: idOf(record), ...entry, by, verified: await isVerified(record), digest: record.id })
  }
  return { nowMs, total: all.length, matching: found.length, first, rows }
}

const idOf = ({ kind, key, version }: ShoalRecord): string => `${kind}/${key}@${version}`

/** All signatures hold over the very bytes that are kept. */
async function isVerified(record: ShoalRecord): Promise<boolean> {
  const valid = await verifySignatures(record)
  return record.signatures.length > 0 && record.signatures.every(({ key }) => valid.has(key))
}

async function historyOf(views: Views): Promise<readonly { readonly record: ShoalRecord; readonly entry: Entry }[]> {
  const { book } = views.mesh
  const rows: { record: ShoalRecord; entry: Entry }[] = []
  for (const channel of views.fleet().channels()) {
    const heads = await views.heads(channel)
    for (const head of heads) rows.push({ record: head, entry: releaseEntry(head, heads) })
  }
  const hostOfGrant = new Map<string, string>()
  for (const grant of book.all('grant')) {
    hostOfGrant.set(grant.key, grant.body.host)
    const { host, site, issuedAtMs } = grant.body
    rows.push({ record: grant, entry: entryOf('invited', issuedAtMs, host, `${host} was invited to ${site}`) })
  }
  for (const binding of book.all('binding')) {
    const host = hostOfGrant.get(binding.body.grant) ?? 'a host'
    rows.push({ record: binding, entry: entryOf('joined', binding.body.boundAtMs, host, `${host} joined`) })
  }
  for (const gone of book.all('revocation')) {
    const { host, atMs, reason } = gone.body
    rows.push({
      record: gone,
      entry: entryOf('revoked', atMs, host, `${host} was taken out${reason === '' ? '' : `: ${reason}`}`),
    })
  }
  for (const root of book.all('root')) {
    const text =
      root.version === 1
        ? `the mesh ${root.body.name} was made`
        : `root ${root.version} took the place of root ${root.version - 1}`
    rows.push({ record: root, entry: entryOf('keys', null, root.body.name, text) })
  }
  for (const control of book.all('control')) rows.push({ record: control, entry: controlEntry(control) })
  return rows
}

const entryOf = (kind: ActivityKind, atMs: number | null, subject: string, text: string): Entry => ({
  kind,
  atMs,
  subject,
  text,
})

function releaseEntry(head: RecordOf<'head'>, heads: readonly RecordOf<'head'>[]): Entry {
  const { key, version, body } = head
  const before = heads.find((old) => old.version < version && old.body.manifest === body.manifest)
  const what = before === undefined ? 'published' : `published, with the content of release ${before.version}`
  const text = `${key}@${version} ${what}${body.message === '' ? '' : `: ${body.message}`}`
  return entryOf(before === undefined ? 'release' : 'rollback', body.publishedAtMs, key, text)
}

function controlEntry({ key, body: { sequence, pause, promote } }: RecordOf<'control'>): Entry {
  const channel = key.slice(0, key.lastIndexOf('.'))
  const name = `${channel}@${sequence}`
  const paused = pause.fromWave > 0 ? `${name} paused from wave ${pause.fromWave}` : `${name} resumed`
  const promoted = `${name} promoted through wave ${promote.wave}`
  const said =
    pause.atMs >= promote.atMs
      ? { atMs: pause.atMs, text: paused, message: pause.message }
      : { atMs: promote.atMs, text: promoted, message: promote.message }
  return entryOf('rollout', said.atMs, channel, `${said.text}${said.message === '' ? '' : `: ${said.message}`}`)
}
