import type { NetworkLink, NetworkPart, NetworkSite } from '../../protocol/control/index.ts'

/** Sites that reach one another. Pure (LINKS-7). */
export function partsOf(
  sites: readonly NetworkSite[],
  links: readonly NetworkLink[],
  selfSite: string | null,
): readonly NetworkPart[] {
  const groups = new Groups(sites.map(({ site }) => site))
  const here = selfSite ?? mostHeard(sites)
  for (const { a, b, stale } of links) if (!stale) groups.join(a, b)
  // Words come over what joins their site to this node.
  if (here !== undefined) for (const { site, heard } of sites) if (heard > 0) groups.join(here, site)
  const first = here === undefined ? new Set<string>() : new Set(groups.of(here))
  // What is joined to each other out there nobody tells any more: it counts as it was.
  for (const { a, b, stale } of links) if (stale && !first.has(a) && !first.has(b)) groups.join(a, b)
  const known = new Map(sites.map((site) => [site.site, site]))
  const telling = sites.reduce((sum, site) => sum + (first.has(site.site) ? site.telling : 0), 0)
  const parts = groups.all().flatMap((names): readonly NetworkPart[] => {
    const members = names.flatMap((name) => known.get(name) ?? [])
    const heard = members.flatMap(({ heardMs }) => heardMs ?? [])
    const isFirst = names.some((name) => first.has(name))
    if (!isFirst && heard.length === 0) return []
    return [
      {
        sites: names,
        hosts: members.reduce((sum, { hosts }) => sum + hosts, 0),
        heardMs: heard.length === 0 ? null : Math.max(...heard),
        deniedBy: isFirst ? 0 : telling,
      },
    ]
  })
  const isFirst = ({ sites: [name = ''] }: NetworkPart): number => Number(first.has(name))
  return parts.toSorted((x, y) => isFirst(y) - isFirst(x) || y.hosts - x.hosts)
}

const mostHeard = (sites: readonly NetworkSite[]): string | undefined =>
  sites.toSorted((a, b) => b.heard - a.heard)[0]?.site

/** Names that belong together. */
class Groups {
  readonly #group = new Map<string, Set<string>>()

  constructor(names: readonly string[]) {
    for (const name of names) this.#group.set(name, new Set([name]))
  }

  of(name: string): ReadonlySet<string> {
    return this.#group.get(name) ?? new Set([name])
  }

  join(a: string, b: string): void {
    const [one, other] = [this.#group.get(a), this.#group.get(b)]
    if (one === undefined || other === undefined || one === other) return
    const [large, small] = one.size < other.size ? [other, one] : [one, other]
    for (const name of small) {
      large.add(name)
      this.#group.set(name, large)
    }
  }

  /** Each by name. */
  all(): readonly (readonly string[])[] {
    return [...new Set(this.#group.values())].map((group) => [...group].toSorted())
  }
}
