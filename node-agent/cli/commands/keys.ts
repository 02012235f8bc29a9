import { readFile, writeFile } from 'node:fs/promises'
import type { RootChange } from '../../../protocol/control/index.ts'
import { DEFAULTS, formatDuration } from '../../config/index.ts'
import { accessText, proposalText, stepLines } from '../access-text.ts'
import { type AddCommand, define } from '../command.ts'
import type { CommandContext } from '../context.ts'
import { offlineUnlocked, readPassphrase, unreadable } from '../passphrase.ts'
import { usage } from '../text.ts'
import {
  directory,
  duration,
  keyName,
  many,
  pattern,
  proposalId,
  publicKey,
  release,
  role,
  timeOption,
  whole,
} from '../values.ts'

/** What a public key looks like. */
const EXAMPLE_KEY = '4f1c'.repeat(16)

interface StepOptions {
  readonly channels?: string
  readonly holder?: string
  readonly threshold?: number
  readonly head?: readonly string[]
  readonly instead?: true
  readonly dryRun?: true
}

type Role = ReturnType<typeof role>

/** The role's channels: publishers have some, the others none. */
const channelsOf = (of: Role, given: string | undefined): string | null => {
  if (of !== 'publisher' && given !== undefined) throw usage('--channels goes with publishers only')
  return of === 'publisher' ? (given ?? '*') : null
}

async function propose(context: CommandContext, changes: readonly RootChange[], options: StepOptions): Promise<void> {
  const control = await offlineUnlocked(context, await context.control())
  const request = { changes, instead: options.instead === true, dryRun: options.dryRun === true }
  const result = await control.call('rootPropose', request, { signal: context.signal })
  context.print(result, () => stepLines(result))
}

const keysList: AddCommand = (parent, { action }) => {
  define(parent, 'list', 'keys, their roles and expiry', 'keys list').action(
    action(async (context) => {
      const control = await context.control()
      const document = await control.call('access', {}, { signal: context.signal })
      context.print(document, () => accessText(document))
    }),
  )
}

const keysMake: AddCommand = (parent, { action }) => {
  define(
    parent,
    'make <role>',
    'make a key in this home, for another holder to add to a role',
    'keys make publisher',
  ).action(
    action(async (context, name: string) => {
      const request = { role: role(name) }
      const control = await offlineUnlocked(context, await context.control())
      const made = await control.call('keyMake', request, { signal: context.signal })
      context.print(made, () => `${made.key}\n`)
    }),
  )
}

const keysAdd: AddCommand = (parent, { action }) => {
  define(
    parent,
    'add <role> <key>',
    'give a role another key',
    `keys add publisher ${EXAMPLE_KEY} --holder ben --threshold 2`,
  )
    .option('--channels <pattern>', 'of publishers: a channel, or a prefix followed by *; by default *', pattern)
    .option('--holder <name>', 'who has it, for people')
    .option('--threshold <count>', 'how many keys of the role must sign from then on', whole(1, 32))
    .option('--instead', 'although a key of this home has signed another root of that version')
    .option('--dry-run', 'only show what it would do')
    .action(
      action(async (context, name: string, key: string, options: StepOptions) => {
        const to = { role: role(name), channels: channelsOf(role(name), options.channels) }
        const { threshold } = options
        await propose(
          context,
          [
            { change: 'add', ...to, key: publicKey(key), holder: options.holder ?? null },
            ...(threshold === undefined ? [] : [{ change: 'threshold' as const, ...to, threshold }]),
          ],
          options,
        )
      }),
    )
}

const keysRemove: AddCommand = (parent, { action }) => {
  define(
    parent,
    'remove <role> <key>',
    'take a key out of one role',
    `keys remove publisher ${EXAMPLE_KEY} --threshold 1`,
  )
    .option('--channels <pattern>', 'of publishers: a channel, or a prefix followed by *; by default *', pattern)
    .option('--threshold <count>', 'how many keys of the role must sign from then on', whole(1, 32))
    .option('--instead', 'although a key of this home has signed another root of that version')
    .option('--dry-run', 'only show what it would do')
    .action(
      action(async (context, name: string, key: string, options: StepOptions) => {
        const from = { role: role(name), channels: channelsOf(role(name), options.channels) }
        const { threshold } = options
        await propose(
          context,
          [
            { change: 'remove', ...from, key: publicKey(key) },
            ...(threshold === undefined ? [] : [{ change: 'threshold' as const, ...from, threshold }]),
          ],
          options,
        )
      }),
    )
}

const keysRotate: AddCommand = (parent, { action }) => {
  define(
    parent,
    'rotate <key>',
    'put a new key of this home in the place of one: a role, or its digits',
    'keys rotate publisher',
  )
    .option('--dry-run', 'only show what it would do')
    .action(
      action(async (context, name: string, options: StepOptions) => {
        const request = { key: keyName(name), dryRun: options.dryRun === true }
        const control = await offlineUnlocked(context, await context.control())
        const result = await control.call('keyRotate', request, { signal: context.signal })
        context.print(result, () => stepLines(result))
      }),
    )
}

const keysRevoke: AddCommand = (parent, { action }) => {
  define(parent, 'revoke <key>', 'take a key out of every role, for good', 'keys revoke publisher --dry-run')
    .option('--head <channel@sequence>', 'a release that stays instead of the current one; may be repeated', many)
    .option('--instead', 'although a key of this home has signed another root of that version')
    .option('--dry-run', 'only show what it would do')
    .action(
      action(async (context, name: string, options: StepOptions) => {
        const key = keyName(name)
        const heads = (options.head ?? []).map((text): RootChange => ({ change: 'head', ...release(text) }))
        if (heads.length > 0 || options.instead === true) {
          return propose(context, [{ change: 'revoke', key: publicKey(key) }, ...heads], options)
        }
        const control = await offlineUnlocked(context, await context.control())
        const result = await control.call(
          'keyRevoke',
          { key, dryRun: options.dryRun === true },
          { signal: context.signal },
        )
        context.print(result, () => stepLines(result))
      }),
    )
}

const keysExport: AddCommand = (parent, { action }) => {
  define(
    parent,
    'export <proposal> <file>',
    'write a change of keys as text, to be signed elsewhere',
    'keys export 3fa94c01d2e6b7a8 step.txt',
  ).action(
    action(async (context, text: string, file: string) => {
      const id = proposalId(text)
      const path = directory(file, context.io.cwd)
      const control = await context.control()
      const step = await control.call('rootProposalExport', { id }, { signal: context.signal })
      await writeFile(path, `${step.text}\n`)
      context.print({ file: path, ...step }, () => `written; there: shoal keys import FILE, then shoal approve ${id}\n`)
    }),
  )
}

const keysImport: AddCommand = (parent, { action }) => {
  define(
    parent,
    'import <file>',
    'take in a change of keys, and signatures made elsewhere',
    'keys import step.txt',
  ).action(
    action(async (context, file: string) => {
      const path = directory(file, context.io.cwd)
      const text = await readFile(path, 'utf8').catch((cause: unknown) => {
        throw unreadable('the file', cause)
      })
      const control = await context.control()
      const taken = await control.call('rootProposalImport', { text: text.trim() }, { signal: context.signal })
      context.print(taken, () =>
        taken.proposal === null ? `root ${taken.rootVersion} is in force\n` : proposalText(taken.proposal),
      )
    }),
  )
}

const keysLock: AddCommand = (parent, { action }) => {
  define(parent, 'lock', 'lock the keys of this home; with a passphrase, encrypt them under it first', 'keys lock')
    .option('--passphrase-file <file>', 'its first line is the passphrase')
    .action(
      action(async (context, { passphraseFile }: { readonly passphraseFile?: string }) => {
        const passphrase =
          passphraseFile === undefined ? null : await readPassphrase(directory(passphraseFile, context.io.cwd))
        const control = await offlineUnlocked(context, await context.control())
        const lock = await control.call('keysLock', { passphrase }, { signal: context.signal })
        context.print(lock, () => 'the keys of this home are encrypted and locked\n')
      }),
    )
}

const keysUnlock: AddCommand = (parent, { action }) => {
  define(
    parent,
    'unlock',
    'let the running agent sign with the keys of this home',
    'keys unlock --passphrase-file pass.txt',
  )
    .requiredOption('--passphrase-file <file>', 'its first line is the passphrase')
    .addOption(
      timeOption(
        '--idle <duration>',
        'lock again after so long without a signature',
        duration,
        DEFAULTS.unlockedIdleMs,
      ),
    )
    .action(
      action(async (context, options: { readonly passphraseFile: string; readonly idle: number }) => {
        const passphrase = await readPassphrase(directory(options.passphraseFile, context.io.cwd))
        const control = await context.connect()
        if (control === undefined) {
          throw usage('no agent runs on this home; commands unlock it for themselves with SHOAL_PASSPHRASE_FILE')
        }
        const request = { passphrase, idleMs: options.idle }
        const lock = await control.call('keysUnlock', request, { signal: context.signal })
        context.print(lock, () => `unlocked until nothing was signed for ${formatDuration(options.idle)}\n`)
      }),
    )
}

/** Keys of this home and mesh. */
export const keys: readonly AddCommand[] = [
  keysList,
  keysMake,
  keysAdd,
  keysRemove,
  keysRotate,
  keysRevoke,
  keysExport,
  keysImport,
  keysLock,
  keysUnlock,
]
