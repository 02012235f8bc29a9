import { basename, isAbsolute, normalize } from 'node:path'
import { lstat, readlink } from 'node:fs/promises'
import { parseChannelName, ShoalError } from '../../protocol/index.ts'
import type { ControlHandlers } from '../../protocol/control/index.ts'
import { forgetRejected } from '../store/index.ts'
import type { HandlerDeps } from './types.ts'

/** Directories that no release may own as a whole. */
const FORBIDDEN_ROOTS = new Set(['/', '/proc', '/sys', '/dev', '/run'])

/** What this host applies where. A running agent picks changes up at once. */
export function targetHandlers({
  core,
  live,
}: HandlerDeps): Pick<ControlHandlers, 'targetAdd' | 'targetList' | 'targetRemove' | 'targetRetry' | 'targetConsent'> {
  return {
    targetAdd: async (settings) => {
      parseChannelName(settings.channel)
      const root = await checkedRoot(settings.root, core.init.home)
      return core.targets.add({ ...settings, root })
    },
    targetList: async () => core.targets.list(),
    targetRemove: ({ channel }) => core.targets.remove(channel),
    targetRetry: async ({ channel }) => {
      const name = parseChannelName(channel)
      const row = core.targets.get(name)
      if (row === undefined) throw new ShoalError('NO_SUCH_TARGET', `this host has no target for ${name}`)
      if (live.retry === undefined) await forgetRejected(core.store, name)
      else await live.retry(name)
      return row
    },
    targetConsent: async ({ channel }) => {
      const name = parseChannelName(channel)
      if (core.targets.get(name) === undefined)
        throw new ShoalError('NO_SUCH_TARGET', `this host has no target for ${name}`)
      if (live.consent === undefined) {
        throw new ShoalError('AGENT_UNREACHABLE', 'only a running agent knows what is held; nothing was changed')
      }
      return { release: await live.consent(name) }
    },
  }
}

/** The root as it is kept: absolute, normalised, an existing directory or a name that can be made in one. @throws TARGET_ROOT_INVALID */
async function checkedRoot(given: string, home: string): Promise<string> {
  const invalid = (why: string, cause?: unknown): ShoalError =>
    new ShoalError('TARGET_ROOT_INVALID', `${given} cannot be a target's root: ${why}. Nothing was changed`, { cause })
  if (!isAbsolute(given)) throw invalid('it is not an absolute path')
  const root = normalize(given).replace(/(?<=.)\/+$/, '')
  if (FORBIDDEN_ROOTS.has(root)) throw invalid('no release may own it as a whole')
  if (`${home}/`.startsWith(`${root}/`) || root.startsWith(`${home}/`)) throw invalid('it overlaps the home')
  const stat = await lstat(root).catch((err: NodeJS.ErrnoException) => {
    if (err.code === 'ENOENT') return undefined
    throw invalid(err.code ?? 'it cannot be read', err)
  })
  if (stat === undefined) {
    const parent = root.slice(0, root.lastIndexOf('/')) || '/'
    const above = await lstat(parent).catch(() => undefined)
    if (above?.isDirectory() !== true) throw invalid(`neither it nor ${parent} is there`)
  } else if (stat.isSymbolicLink() && (await readlink(root)).startsWith(`.shoal/${basename(root)}/generations/`)) {
    return root
  } else if (!stat.isDirectory()) {
    throw invalid(stat.isSymbolicLink() ? 'it is a symlink; name the directory itself' : 'it is not a directory')
  }
  return root
}
