import {
  type CompareResult,
  type CompareRow,
  type FolderRow,
  type Folders,
  PREVIEW_WARNINGS,
  type PreviewItem,
  type PreviewResult,
  type PreviewRow,
  type PreviewSide,
  type PreviewText,
  type PreviewWarning,
  type PreviewWarningKind,
} from '../../../protocol/control/index.ts'
import { HOUR, NOW, seeded } from './fleet.ts'

export const ROOT_FOLDER: FolderRow = { id: 'root-1', name: 'builds', path: '/srv/builds' }
const SITE: FolderRow = { id: 'folder-1', name: 'site', path: '/srv/builds/site' }
const HOSTILE: FolderRow = { id: 'folder-2', name: 'evil\u202egnp.\u001b[31m', path: '/srv/builds/evil' }

export const foldersOf = (folder: string | null): Folders =>
  folder === null
    ? { above: [], rows: [ROOT_FOLDER], truncated: false }
    : folder === ROOT_FOLDER.id
      ? { above: [ROOT_FOLDER], rows: [SITE, HOSTILE], truncated: false }
      : { above: [ROOT_FOLDER, SITE], rows: [], truncated: false }

const row = (
  what: PreviewRow['what'],
  path: string,
  before: number | null,
  after: number | null,
  more: Partial<PreviewRow> = {},
): PreviewRow => ({
  what,
  path,
  kind: 'file',
  from: null,
  sizeBefore: before,
  sizeAfter: after,
  detail: what === 'changed' ? 'content' : '',
  risk: null,
  newBytes: after,
  text: false,
  ...more,
})

/** Changes as a build makes them, with one of each kind; `\xff` is a byte that is no UTF-8. */
export function changesOf(count: number): readonly PreviewRow[] {
  const random = seeded(3)
  const fixed = [
    row('changed', '.env', 120, 180, { text: true }),
    row('changed', 'bin/app', 12_700_000, 13_900_000),
    row('changed', 'bin/run', 900, 900, { detail: 'mode 0755 → 4755', risk: 'setuid' }),
    row('changed', 'config/app.json', 310, 374, { text: true }),
    row('added', 'config/evil\xe2\x80\xaegnp', null, 12),
    row('added', 'current', null, null, { kind: 'symlink', risk: 'escaping' }),
    row('renamed', 'docs/guide.md', 4100, 4100, { from: 'docs/readme.md', text: true }),
    row('removed', 'legacy/old.css', 9_000, null),
  ]
  const many = Array.from({ length: Math.max(0, count - fixed.length) }, (_, i) => {
    const size = Math.round(random() * 90_000)
    const what = random() < 0.3 ? 'added' : random() < 0.9 ? 'changed' : 'removed'
    return row(
      what,
      `assets/${String(i % 40).padStart(2, '0')}/chunk-${String(i).padStart(5, '0')}.js`,
      what === 'added' ? null : size,
      what === 'removed' ? null : size + 300,
      { text: what !== 'removed' },
    )
  })
  return [...fixed, ...many].toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

export const resultOf = (rows: readonly CompareRow[], channel: string): PreviewResult => ({
  ticket: 'ticket-1',
  expiresMs: NOW + HOUR,
  channel,
  against: 42,
  ...countOf(rows),
  unchanged: 18_204,
  entries: 18_204 + rows.length,
  bytes: 2.1 * 2 ** 30,
  newBytes: 38 * 2 ** 20,
  reach: {
    sites: [
      { site: 'ams2', hosts: 342, offline: 2, bytes: 38 * 2 ** 20, basis: 'chunks', exceeds: null },
      {
        site: 'ship-7',
        hosts: 18,
        offline: 0,
        bytes: 41 * 2 ** 20,
        basis: 'whole',
        exceeds: 'the budget of its uplink: 40 MiB a day',
      },
      { site: 'syd1', hosts: 140, offline: 66, bytes: 38 * 2 ** 20, basis: 'deltas', exceeds: null },
    ],
    operations: 160,
    windowMs: 42,
    windowBasis: '160 steps at the pace of the last commits in place of 480 hosts',
    atRisk: [
      {
        pid: 4121,
        why: 'mapped',
        startedAt: new Date(NOW - 30 * HOUR).toISOString(),
        unit: 'web-worker.service',
        command: '/usr/bin/web-worker',
        paths: ['bin/app'],
      },
    ],
    staleBefore: 12,
  },
})

const countOf = (rows: readonly CompareRow[]) => ({
  added: rows.filter((one) => one.what === 'added').length,
  changed: rows.filter((one) => one.what === 'changed').length,
  removed: rows.filter((one) => one.what === 'removed').length,
  renamed: rows.filter((one) => one.what === 'renamed').length,
})

const warning = (
  what: PreviewWarningKind,
  text: string,
  ...paths: readonly { readonly path: string; readonly why: string }[]
): PreviewWarning => ({ what, severity: PREVIEW_WARNINGS[what], text, count: paths.length, paths })

export async function* previewOf(
  rows: readonly PreviewRow[],
  channel: string,
): AsyncGenerator<PreviewItem, PreviewResult, undefined> {
  yield { kind: 'progress', files: 4_000, bytes: 400 * 2 ** 20, totalFiles: null }
  for (let i = 0; i < rows.length; i += 1000) yield { kind: 'rows', rows: rows.slice(i, i + 1000) }
  yield {
    kind: 'warnings',
    warnings: [
      warning('secret', 'looks like a secret', { path: '.env', why: 'it holds a key' }),
      warning('setuid', 'runs as its owner', { path: 'bin/run', why: 'setuid' }),
      warning('escaping', 'links out of the tree', { path: 'current', why: 'a link out of the tree' }),
      { ...warning('case-clash', 'differs from another name only by case'), count: 2 },
    ],
  }
  return resultOf(rows, channel)
}

export async function* compareOf(
  rows: readonly CompareRow[],
  from: CompareResult['from'],
  to: CompareResult['to'],
): AsyncGenerator<readonly CompareRow[], CompareResult, undefined> {
  for (let i = 0; i < rows.length; i += 1000) yield rows.slice(i, i + 1000)
  return { from, to, ...countOf(rows), unchanged: 18_204, newBytes: 38 * 2 ** 20 }
}

const sideOf = (text: string): PreviewSide => ({ kind: 'text', size: text.length, text, dump: null })

export const TEXTS: PreviewText = {
  before: sideOf(Array.from({ length: 40 }, (_, i) => `  "line${i}": ${i},`).join('\n')),
  after: sideOf(
    Array.from({ length: 41 }, (_, i) =>
      i === 9
        ? '  "workers": 8,'
        : i === 20
          ? '  "warm": true,'
          : `  "line${i > 20 ? i - 1 : i}": ${i > 20 ? i - 1 : i},`,
    ).join('\n'),
  ),
}
