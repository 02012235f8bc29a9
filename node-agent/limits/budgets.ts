import { type LinkClass, ShoalError } from '../../protocol/index.ts'
import { type ClassLimits, formatSize, linksOf } from '../config/index.ts'
import type { Ledger } from './ledger.ts'
import { nextDay } from './quiet-hours.ts'

/** What the ledger tells of a release. */
export type Spent = Pick<Ledger, 'today' | 'spentOn' | 'consented'>

/** Bytes that may still be fetched over a class for a release; Infinity without a budget, 0 or less once it is used up. */
export function budgetLeft(ledger: Spent, limits: ClassLimits, link: LinkClass, release: string | undefined): number {
  if (release !== undefined && ledger.consented(release)) return Number.POSITIVE_INFINITY
  const { perDayBytes = Number.POSITIVE_INFINITY, perReleaseBytes = Number.POSITIVE_INFINITY } = limits
  const forRelease = release === undefined ? Number.POSITIVE_INFINITY : perReleaseBytes - ledger.spentOn(release, link)
  return Math.min(perDayBytes - ledger.today(link), forRelease)
}

/**
 * Why so many bytes more may not be fetched over a class for a release; undefined when they may (LIMIT-7). BUDGET_EXCEEDED says by how many bytes, what lifts it
 * by itself, and how to consent.
 */
export function budgetExcess(
  ledger: Spent,
  limits: ClassLimits,
  want: { readonly link: LinkClass; readonly release: string; readonly bytes: number; readonly nowMs: number },
): ShoalError | undefined {
  const { link, release, bytes, nowMs } = want
  const over = bytes - budgetLeft(ledger, limits, link, release)
  if (over <= 0) return undefined
  const { perDayBytes = Number.POSITIVE_INFINITY, perReleaseBytes = Number.POSITIVE_INFINITY } = limits
  const today = ledger.today(link)
  const [key, limit, used, goesOn] =
    perReleaseBytes - ledger.spentOn(release, link) < bytes
      ? ['perRelease', perReleaseBytes, ledger.spentOn(release, link), 'with a newer release']
      : ['perDay', perDayBytes, today, `at ${new Date(nextDay(nowMs)).toISOString()}`]
  const channel = release.split('@')[0] ?? release
  return new ShoalError(
    'BUDGET_EXCEEDED',
    `${release} needs up to ${bytes} bytes (${formatSize(bytes)}) more over ${linksOf(link)}, ${over} bytes too many: ` +
      `limits.${link}.${key} is ${formatSize(limit)}, ${used} bytes of it are used. The live tree is untouched. ` +
      `It goes on ${goesOn}, or as members of this site have it, or now after \`shoal target consent ${channel}\``,
  )
}
