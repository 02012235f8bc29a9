import { type AddCommand, define } from '../command.ts'
import { agent } from './agent.ts'
import { completion } from './completion.ts'
import { demo } from './demo.ts'
import { doctor } from './doctor.ts'
import { hosts } from './hosts.ts'
import { join } from './join.ts'
import { meshCreate } from './mesh-create.ts'
import { meshInvite } from './mesh-invite.ts'
import { bundle } from './bundle.ts'
import { diff } from './diff.ts'
import { approve } from './approve.ts'
import { keys } from './keys.ts'
import { pause, promote, resume } from './rollouts.ts'
import { publish } from './publish.ts'
import { releases } from './releases.ts'
import { rollback } from './rollback.ts'
import { show } from './show.ts'
import { status } from './status.ts'
import { targetAdd } from './target-add.ts'
import { targetList } from './target-list.ts'
import { targetRemove } from './target-remove.ts'
import { targetConsent } from './target-consent.ts'
import { targetRetry } from './target-retry.ts'
import { verify } from './verify.ts'
import { wait } from './wait.ts'
import { web } from './web.ts'
import { why } from './why.ts'

/** A command that only holds others. */
const group =
  (name: string, summary: string, example: string, members: readonly AddCommand[]): AddCommand =>
  (parent, host) => {
    const command = define(parent, name, summary, example)
    for (const add of members) add(command, host)
  }

/** Every command, in the order of the help. */
export const COMMANDS: readonly AddCommand[] = [
  demo,
  group('mesh', 'make a mesh, let hosts in', 'mesh create acme', [meshCreate, meshInvite]),
  join,
  agent,
  group('target', 'what this host applies where', 'target list', [
    targetAdd,
    targetList,
    targetRemove,
    targetRetry,
    targetConsent,
  ]),
  publish,
  diff,
  releases,
  show,
  status,
  wait,
  why,
  verify,
  rollback,
  pause,
  resume,
  promote,
  bundle,
  hosts,
  group('keys', 'keys of this home and mesh', 'keys list', keys),
  approve,
  doctor,
  web,
  completion,
]
