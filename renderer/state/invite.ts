/** How long a ticket may be used. */
export const INVITE_LIFETIMES = [
  { value: '1', text: 'an hour' },
  { value: '24', text: 'a day' },
  { value: '168', text: 'a week' },
  { value: '720', text: '30 days' },
] as const
export type InviteHours = (typeof INVITE_LIFETIMES)[number]['value']

const NAME = /^[a-z0-9][a-z0-9._-]{0,252}$/
const LABEL = /^[a-z0-9][a-z0-9._/-]{0,62}$/

export const nameProblem = (name: string): string | undefined =>
  NAME.test(name) ? undefined : 'a-z 0-9 . _ - and begins with a letter or digit'

/** `role=web arch=x64` as labels, or what is wrong with it. */
export function parseLabels(
  text: string,
):
  | { readonly ok: true; readonly labels: Readonly<Record<string, string>> }
  | { readonly ok: false; readonly why: string } {
  const labels: Record<string, string> = {}
  for (const part of text.split(/\s+/).filter(Boolean)) {
    const at = part.indexOf('=')
    const label = part.slice(0, at)
    if (at <= 0 || !LABEL.test(label)) return { ok: false, why: `${part.slice(0, 60)} is no label: write name=value` }
    if (Object.hasOwn(labels, label)) return { ok: false, why: `${label} is given twice` }
    labels[label] = part.slice(at + 1)
  }
  return { ok: true, labels }
}
