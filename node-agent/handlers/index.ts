import type { ControlHandlers } from '../../protocol/control/index.ts'
import { accessHandlers } from './access.ts'
import { bundleHandlers } from './bundles.ts'
import { diffHandlers } from './diff.ts'
import { meshHandlers } from './mesh.ts'
import { previewHandlers } from './preview.ts'
import { publishHandlers } from './publish.ts'
import { releaseHandlers } from './releases.ts'
import { rollbackHandlers } from './rollback.ts'
import { rolloutHandlers } from './rollouts.ts'
import { statusHandlers } from './status.ts'
import { targetHandlers } from './targets.ts'
import type { HandlerDeps } from './types.ts'
import { verifyHandlers } from './verify.ts'
import { alertHandlers } from './views/alerts.ts'
import { compareHandlers } from './views/compare.ts'
import { hostsHandlers } from './views/hosts.ts'
import { pictureHandlers } from './views/pictures.ts'
import { republishHandlers } from './views/republish.ts'
import { settingsHandlers } from './views/settings.ts'

export type * from './types.ts'

/** The whole control API over one home. */
export const createHandlers = (deps: HandlerDeps): ControlHandlers => ({
  ...meshHandlers(deps),
  ...targetHandlers(deps),
  ...publishHandlers(deps),
  ...releaseHandlers(deps),
  ...rollbackHandlers(deps),
  ...rolloutHandlers(deps),
  ...statusHandlers(deps),
  ...verifyHandlers(deps),
  ...bundleHandlers(deps),
  ...diffHandlers(deps),
  ...hostsHandlers(deps),
  ...pictureHandlers(deps),
  ...alertHandlers(deps),
  ...compareHandlers(deps),
  ...settingsHandlers(deps),
  ...republishHandlers(deps),
  ...accessHandlers(deps),
  ...previewHandlers(deps),
})
