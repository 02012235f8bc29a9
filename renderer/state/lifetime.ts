const DAY_MS = 86_400_000

/** How long a release is good, as a window offers it; hosts report a head that is older, and apply it no more. */
export const RELEASE_LIFETIMES = [
  { value: '30', text: '30 days' },
  { value: '90', text: '90 days' },
  { value: '365', text: 'a year' },
] as const
export type LifetimeDays = (typeof RELEASE_LIFETIMES)[number]['value']

/** What a window offers first. */
export const USUAL_LIFETIME: LifetimeDays = '90'

export const lifetimeMs = (days: LifetimeDays): number => Number(days) * DAY_MS
