import {
  type ChannelStatus,
  type CommitReport,
  type ReceivedBy,
  ShoalError,
  type StaleProcess,
} from '../../protocol/index.ts'
import type { Trouble } from './world.ts'
import type { Work } from './state.ts'

type Trouble4 = ChannelStatus['error']

/** How a host says what stops it, in the words of the real agent. */
export function troubleWords(trouble: Trouble, release: string, channel: string, need: number): NonNullable<Trouble4> {
  switch (trouble) {
    case 'no-space':
      return {
        code: 'NO_SPACE',
        message: `${release} needs ${need} bytes more on this file system than are free; the live tree is untouched`,
      }
    case 'unhealthy':
      return { code: 'HEALTH_FAILED', message: 'the action web-ready ended with 1: connection refused after 30 s' }
    case 'hook':
      return { code: 'HOOK_FAILED', message: 'the action drain ended with 75: balancer did not answer' }
    case 'edited':
      return {
        code: 'TARGET_MODIFIED',
        message: 'config/local.json was edited on this host; its policy is fail, and the live tree is untouched',
      }
    case 'budget':
      return {
        code: 'BUDGET_EXCEEDED',
        message: `${release} needs up to ${need} bytes more over metered links: limits.metered.perDay is 20 MiB. The live tree is untouched. It goes on as members of this site have it, or now after \`shoal target consent ${channel}\``,
      }
    case 'quiet':
      return {
        code: 'QUIET_HOURS',
        message: 'quiet hours hold on links to other sites. What came so far is kept, and the live tree is untouched',
      }
    case 'locked':
      return { code: 'COMMIT_LOCKED', message: 'the lock /run/lock/backup is held; the commit waits for it' }
    default:
      throw new ShoalError('INTERNAL', `no words for ${String(trouble satisfies never)}`)
  }
}

/** What a host has received so far, split up as a real one does. Pure. @param fromPublisher share of what crossed the line that the publisher sent */
export function receivedOf(
  { done, own, machine }: Work,
  fromPublisher: number,
  reused: number,
): Required<Pick<ChannelStatus, 'received' | 'receivedBy'>> {
  const wire = Math.round(done)
  const other = Math.min(wire, Math.floor(own))
  const same = wire - other
  const publisher = Math.round(other * fromPublisher)
  const wasted = Math.round(wire * 0.003)
  const { relayed, metered } = machine.place.site
  const far = metered ? 'metered' : relayed ? 'relayed' : 'otherSite'
  const links = { sameSite: same, otherSite: 0, relayed: 0, metered: 0, [far]: other }
  const receivedBy: ReceivedBy = {
    links,
    sources: { sameSite: same, otherSites: other - publisher, publisher },
    wasted: { duplicate: wasted, bad: 0, cancelled: 0 },
  }
  return {
    received: { wireBytes: wire, sameSiteBytes: same, otherSiteBytes: other, wastedBytes: wasted, reusedBytes: reused },
    receivedBy,
  }
}

/** The commit of a release of so many entries. Pure. */
export const commitOf = (
  strategy: CommitReport['strategy'],
  operations: number,
  atMs: number,
  dice: number,
): CommitReport => ({
  strategy,
  operations,
  windowMs: strategy === 'in-place' ? Math.round((2 + dice * 28) * 10) / 10 : 0,
  atMs,
  groups: [],
  weaker: [],
})

/** Processes that still run on what was there before. Pure. */
export const staleOf = (channel: string, startedAtMs: number, dice: number): readonly StaleProcess[] => [
  {
    pid: 400 + Math.floor(dice * 30_000),
    why: dice < 0.5 ? 'mapped' : 'executable',
    startedAtMs,
    unit: channel === 'kiosk' ? 'kiosk-ui.service' : channel === 'web' ? 'web-worker.service' : 'monitor.service',
    command: channel === 'web' ? '/srv/web/bin/web-server --worker 3' : '/usr/bin/monitor',
    paths: [channel === 'web' ? 'lib/libsearch.so' : 'etc/monitoring/toml-001.toml'],
  },
]
