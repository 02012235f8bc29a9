import type { LinkClass } from '../../protocol/index.ts'

const IN_WORDS: Readonly<Record<LinkClass, string>> = {
  sameSite: 'links within the site',
  otherSite: 'links to other sites',
  relayed: 'relayed links',
  metered: 'the metered uplink',
}

/** How links of a class are called in messages. */
export const linksOf = (link: LinkClass): string => IN_WORDS[link]
