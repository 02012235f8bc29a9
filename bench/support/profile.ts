import { Session } from 'node:inspector/promises'

/** Share of CPU time by where it was spent, largest first; sums to 1. */
export type ProfileShares = readonly { readonly where: string; readonly share: number }[]

/** Groups of the report: the first pattern that matches a frame's script or function names it. */
const GROUPS: readonly (readonly [where: string, pattern: RegExp])[] = [
  ['idle', /^\(idle\)/],
  ['garbage collection', /^\(garbage collector\)/],
  [
    'noise: cipher',
    /Cipher|Decipher|_?update |final |getAuthTag|setAuthTag|createCipher|createDecipher|internal\/crypto\/cipher|LazyTransform/,
  ],
  ['noise: rest', /libp2p-noise|as-chacha20poly1305/],
  ['sha256', /internal\/crypto\/hash|oneShotDigest/],
  ['yamux', /libp2p-yamux/],
  ['byte lists', /uint8arraylist|uint8arrays/],
  ['libp2p streams', /@libp2p\/|\/libp2p\/|main-event/],
  ['cbor and schemas', /cborg|dag-cbor|\/zod\//],
  [
    'sockets',
    /node:net|internal\/stream|node:internal\/streams|writeUtf8String|writev|writeBuffer|stream_base_commons|node:_?stream/,
  ],
  ['zstd', /node:zlib|zlib/],
  ['shoal: fetch', /node-agent\/(fetch|plan)|protocol\//],
  ['shoal: net', /node-agent\/net/],
]

/** Runs `work` under the sampling profiler and tells where its CPU time went. */
export async function profiled<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly shares: ProfileShares }> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: 500 })
  await session.post('Profiler.start')
  const result = await work()
  const { profile } = await session.post('Profiler.stop')
  session.disconnect()
  const names = new Map(profile.nodes.map(({ id, callFrame }) => [id, `${callFrame.functionName} ${callFrame.url}`]))
  const times = new Map<string, number>()
  profile.samples?.forEach((id, i) => {
    const where = groupOf(names.get(id) ?? '')
    times.set(where, (times.get(where) ?? 0) + (profile.timeDeltas?.[i] ?? 0))
  })
  if (process.env['TOP']) {
    const t = new Map<string, number>()
    profile.samples?.forEach((id, i) => {
      const k = names.get(id) ?? ''
      t.set(k, (t.get(k) ?? 0) + (profile.timeDeltas?.[i] ?? 0))
    })
    const all = [...t.values()].reduce((a, b) => a + b, 0)
    console.error(
      [...t]
        .sort((a, b) => b[1] - a[1])
        .slice(0, 32)
        .map(([k, v]) => (v / 1000).toFixed(0).padStart(6) + ' ms ' + k.replace('file:///work/main/node_modules/', ''))
        .join('\n'),
      '\n---',
      all / 1000,
    )
  }
  times.delete('idle')
  const total = [...times.values()].reduce((sum, time) => sum + time, 0)
  const shares = [...times]
    .map(([where, time]) => ({ where, share: time / total }))
    .toSorted((a, b) => b.share - a.share)
  return { result, shares }
}

const groupOf = (frame: string): string => GROUPS.find(([, pattern]) => pattern.test(frame))?.[0] ?? 'other'
