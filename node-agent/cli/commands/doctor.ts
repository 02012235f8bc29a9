import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isShoalError, ShoalError } from '../../../protocol/errors/index.ts'
import type { Finding, Known, Seen } from '../../doctor/index.ts'
import { type AddCommand, define } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { plural, printable } from '../text.ts'

export const doctor: AddCommand = (parent, { action }) => {
  const summary = 'clock, space, file systems, ports, NAT, kernel calls, trust expiry; exit 1 when something fails'
  define(parent, 'doctor', summary, 'doctor').action(
    action(async (context) => {
      const { examine } = await import('../../doctor/index.ts')
      const findings = await examine(await look(context))
      const count = (level: Finding['level']): number => findings.filter((finding) => finding.level === level).length
      const counts = { ok: count('ok'), warn: count('warn'), fail: count('fail') }
      context.print({ ...counts, findings }, () => findings.map(lines).join(''))
      if (counts.fail > 0) {
        const failed = findings.filter(({ level }) => level === 'fail').map(({ check }) => check)
        const where = [...new Set(failed)].join(', ')
        throw new ShoalError('DOCTOR_FOUND', `${plural(counts.fail, 'check')} failed (${where}); nothing was changed`)
      }
    }),
  )
}

const lines = ({ level, check, about, found, advice }: Finding): string => {
  const subject = about === null ? '' : `${printable(about)}: `
  const first = `${level.padEnd(4)}  ${check.padEnd(9)}  ${subject}${printable(found)}\n`
  return advice === null ? first : `${first}${' '.repeat(17)}→ ${printable(advice)}\n`
}

/** What cannot be read is told by the examination, beside all that can. */
async function look(context: CommandContext): Promise<Seen> {
  const nowMs = context.clock.now()
  try {
    const { home, config } = await context.homeInit()
    return { nowMs, home: { path: home, config }, known: await known(context, home) }
  } catch (err) {
    if (!isShoalError(err)) throw err
    return { nowMs, home: err, known: undefined }
  }
}

async function known(context: CommandContext, home: string): Promise<Known | ShoalError | undefined> {
  const { readKnown } = await import('../../doctor/index.ts')
  try {
    const live = await context.connect()
    // A home that nothing was ever kept in stays so.
    if (live === undefined && !existsSync(join(home, 'db'))) return undefined
    const control = live ?? (await context.control())
    try {
      return await readKnown(control, control.live, context.signal)
    } finally {
      // The home is let go of before the slow checks: an agent that starts meanwhile finds it free.
      await control.close()
    }
  } catch (err) {
    if (!isShoalError(err) || isShoalError(err, 'CANCELLED')) throw err
    return err
  }
}
