import type { Page } from 'playwright-core'

/** A node of the browser's own accessibility tree, as a screen reader is given it. */
export interface AxNode {
  readonly role: string
  readonly name: string
  readonly properties: Readonly<Record<string, unknown>>
}

interface RawNode {
  readonly ignored: boolean
  readonly role?: { readonly value?: string }
  readonly name?: { readonly value?: string }
  readonly properties?: readonly { readonly name: string; readonly value: { readonly value?: unknown } }[]
}

/** What is not hidden from a screen reader, in the order of the document. */
export async function readTree(page: Page): Promise<readonly AxNode[]> {
  const session = await page.context().newCDPSession(page)
  const { nodes } = (await session.send('Accessibility.getFullAXTree')) as unknown as {
    readonly nodes: readonly RawNode[]
  }
  await session.detach()
  return nodes
    .filter((node) => !node.ignored)
    .map(({ role, name, properties }) => ({
      role: role?.value ?? '',
      name: (name?.value ?? '').trim(),
      properties: Object.fromEntries((properties ?? []).map((one) => [one.name, one.value.value])),
    }))
}

/** Roles that mean nothing to whoever does not see them without a name. */
const NAMED = new Set([
  'button',
  'link',
  'textbox',
  'searchbox',
  'combobox',
  'checkbox',
  'radio',
  'spinbutton',
  'slider',
  'listbox',
  'option',
  'image',
  'table',
  'columnheader',
  'rowheader',
  'region',
  'complementary',
  'navigation',
  'dialog',
  'progressbar',
  'heading',
])

/** What a screen reader could not make sense of, a line each. `over` is a dialog: then nothing but it is there. */
export function structureProblems(tree: readonly AxNode[], over: boolean): readonly string[] {
  const problems: string[] = []
  const count = (role: string): number => tree.filter((node) => node.role === role).length
  const expect = (role: string, wanted: number): void => {
    if (count(role) !== wanted) problems.push(`${count(role)} × ${role}, not ${wanted}`)
  }
  const levels = tree.flatMap((node) => (node.role === 'heading' ? [Number(node.properties['level'])] : []))
  if (over) expect('dialog', 1)
  else {
    expect('main', 1)
    if (levels.filter((level) => level === 1).length !== 1) problems.push(`headings of level 1: ${levels.join(' ')}`)
    if (levels[0] !== 1) problems.push(`the first heading is of level ${levels[0] ?? 'none'}`)
    for (const [place, level] of levels.entries())
      if (level > (levels[place - 1] ?? 0) + 1) problems.push(`a level is left out: ${levels.join(' ')}`)
  }
  for (const { role, name } of tree) if (NAMED.has(role) && name === '') problems.push(`a ${role} without a name`)
  return problems
}
