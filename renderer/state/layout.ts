import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type SimulationLinkDatum,
  type SimulationNodeDatum,
} from 'd3-force'

/** What a layout is made of: indices of nodes that are joined, and how large each node is drawn. */
export interface LayoutInput {
  readonly radii: readonly number[]
  readonly links: readonly (readonly [number, number])[]
}

export interface Point {
  readonly x: number
  readonly y: number
}

interface Node extends SimulationNodeDatum {
  readonly radius: number
}

/** Steps until a layout rests; d3 cools down to its end in as many. */
const STEPS = 300

/** Places nodes so that joined ones are near and none lie upon each other. The same input gives the same places. Pure. */
export function layOut({ radii, links }: LayoutInput): readonly Point[] {
  const nodes: Node[] = radii.map((radius) => ({ radius }))
  const joins: SimulationLinkDatum<Node>[] = links.map(([source, target]) => ({ source, target }))
  const simulation = forceSimulation(nodes)
    .force('charge', forceManyBody().strength(-420))
    .force('link', forceLink(joins).distance(130).strength(0.5))
    .force(
      'collide',
      forceCollide<Node>((node) => node.radius + 26),
    )
    .force('x', forceX(0).strength(0.05))
    .force('y', forceY(0).strength(0.09))
    .stop()
  simulation.tick(STEPS)
  return nodes.map(({ x = 0, y = 0 }) => ({ x: Math.round(x), y: Math.round(y) }))
}
