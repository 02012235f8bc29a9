import type { TreePath } from '../../protocol/index.ts'
import { compileGlobs } from '../../protocol/index.ts'
import type { LocalPolicy, TargetPolicy } from '../config/index.ts'

/** A target's policy as the planners ask it. */
export interface LocalRules {
  local(path: TreePath): LocalPolicy
  isProtected(path: TreePath): boolean
}

export function localRules({ local, protect }: TargetPolicy): LocalRules {
  const rules = local.map(({ glob, policy }) => ({ matches: compileGlobs([glob]), policy }))
  return {
    isProtected: compileGlobs(protect),
    local: (path) => rules.find((rule) => rule.matches(path))?.policy ?? 'overwrite',
  }
}
