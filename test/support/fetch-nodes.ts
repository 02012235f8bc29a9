import { createFetcher, type MeshFetcher } from '../../node-agent/fetch/index.ts'
import { parseSiteName } from '../../protocol/index.ts'
import type { NetInit } from '../../node-agent/net/index.ts'
import type { LinkLimiter } from '../../node-agent/limits/index.ts'
import { systemClock } from '../../node-agent/lifecycle/index.ts'
import type { FakeSource } from './fake-chunks.ts'
import { joined, seededRng, type TestMesh, type TestNode, until } from './test-mesh.ts'

/** A node that serves and fetches. */
export interface FetchNode extends TestNode {
  readonly source: FakeSource
  readonly fetcher: MeshFetcher
}

export async function fetchNode(
  mesh: TestMesh,
  n: number,
  source: FakeSource,
  site?: string,
  limits?: LinkLimiter,
  init: Partial<NetInit> = {},
): Promise<FetchNode> {
  const node = await mesh.node(n, { ...init, ...(site !== undefined && { site }) })
  const own = parseSiteName(site ?? 'oslo')
  const deps = { net: node.net, source, clock: systemClock, log: node.log, rng: seededRng(n), site: () => own }
  const fetcher = createFetcher({ ...deps, ...(limits && { limits }) })
  mesh.defer(() => fetcher.stop())
  await fetcher.start()
  await node.net.start()
  return { ...node, source, fetcher }
}

export async function join(a: TestNode, b: TestNode): Promise<void> {
  await a.net.dial(b.net.addresses()[0] ?? '')
  await until('both are joined', () => joined(a, b))
}
