import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** WCAG 2.2 at levels A and AA. */
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

interface Violation {
  readonly id: string
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
}

/** What axe finds wrong with the page as it stands, a line each; the context must have been opened without its policy. */
export async function findViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(`if (!('axe' in globalThis)) { ${axe.source} }`)
  const found = (await page.evaluate(
    `axe.run(document, { runOnly: { type: 'tag', values: ${JSON.stringify(TAGS)} }, resultTypes: ['violations'] }).then((result) => result.violations)`,
  )) as readonly Violation[]
  return found.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 160)} — ${node.failureSummary?.split('\n').at(-1)?.trim() ?? ''}`),
  )
}
