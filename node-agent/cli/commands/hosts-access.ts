import { parseHostName } from '../../../protocol/ids/index.ts'
import { effectLines } from '../access-text.ts'
import { type AddCommand, define } from '../command.ts'
import { offlineUnlocked } from '../passphrase.ts'
import { usage } from '../text.ts'

/** `hosts revoke`: out of the mesh, for good. */
export const hostsRevoke: AddCommand = (parent, { action }) => {
  define(parent, 'revoke <host>', 'take a host out of the mesh, for good', 'hosts revoke oslo-1 --dry-run')
    .option('--reason <text>', 'why, for the record', '')
    .option('--dry-run', 'only show what it would do')
    .action(
      action(async (context, name: string, { reason, dryRun }: { readonly reason: string; readonly dryRun?: true }) => {
        const host = parseHostName(name)
        const control = await offlineUnlocked(context, await context.control())
        const request = { host, reason, dryRun: dryRun === true }
        const result = await control.call('hostRevoke', request, { signal: context.signal })
        const what = result.done ? `${host} is revoked` : `${host} would be revoked; nothing was changed`
        context.print(result, () => `${what}\n${effectLines(result.effect)}`)
      }),
    )
}

/** `hosts keep`: decides a quarantine. */
export const hostsKeep: AddCommand = (parent, { action }) => {
  define(parent, 'keep <host> <peer>', 'of several machines that claim a host, keep one', 'hosts keep oslo-1 12D3KooW…')
    .option('--dry-run', 'only show what it would do')
    .action(
      action(async (context, name: string, keep: string, { dryRun }: { readonly dryRun?: true }) => {
        const host = parseHostName(name)
        const control = await offlineUnlocked(context, await context.control())
        const { quarantined } = await control.call('access', {}, { signal: context.signal })
        const grant = quarantined.find((row) => row.host === host && row.claims.some(({ peerId }) => peerId === keep))
        if (grant === undefined)
          throw usage(`no quarantined grant of ${host} is claimed by ${keep}; see shoal hosts quarantine`)
        const request = { grant: grant.grant, keep, dryRun: dryRun === true }
        const result = await control.call('quarantineResolve', request, { signal: context.signal })
        const what = result.done ? `${keep} is ${host}` : `${keep} would be ${host}; nothing was changed`
        context.print(result, () => `${what}\n${effectLines(result.effect)}`)
      }),
    )
}

/** `hosts quarantine`: who waits for a decision, who was invited, who is out. */
export const hostsQuarantine: AddCommand = (parent, { action }) => {
  define(parent, 'quarantine', 'hosts that several machines claim', 'hosts quarantine').action(
    action(async (context) => {
      const control = await context.control()
      const { quarantined } = await control.call('access', {}, { signal: context.signal })
      context.print(quarantined, () =>
        quarantined.length === 0
          ? 'no host is claimed twice\n'
          : quarantined
              .flatMap(({ host, claims }) => claims.map(({ peerId, joinedAt }) => `${host}  ${peerId}  ${joinedAt}\n`))
              .join(''),
      )
    }),
  )
}
