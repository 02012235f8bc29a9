import type { RoleRow, RootChange } from '../../protocol/control/window.ts'
import { roleName } from './access.ts'

/** What a person wants to change about keys, as it is picked on the page. */
export type Step =
  | { readonly kind: 'add'; readonly role: RoleRow }
  | { readonly kind: 'remove'; readonly role: RoleRow; readonly key: string }
  | { readonly kind: 'threshold'; readonly role: RoleRow }
  | { readonly kind: 'channels' }
  | { readonly kind: 'rotate'; readonly key: string; readonly name: string }
  | { readonly kind: 'revoke'; readonly key: string }
  | { readonly kind: 'expiry' }
  | { readonly kind: 'import' }

/** What was typed for it. */
export interface StepInput {
  readonly key: string
  readonly holder: string
  readonly threshold: number
  readonly channels: string
  readonly days: number
}

const KEY = /^[0-9a-f]{64}$/
const CHANNELS = /^([a-z0-9][a-z0-9._-]{0,63}\*?|\*)$/
const DAY_MS = 86_400_000

/** The changes of the root that a step asks for; undefined while something is missing, and for what is no change of the root itself. Pure. */
export function changesOf(step: Step, input: StepInput): readonly RootChange[] | undefined {
  switch (step.kind) {
    case 'add':
      return KEY.test(input.key)
        ? [
            {
              change: 'add',
              role: step.role.role,
              channels: step.role.channels,
              key: input.key,
              holder: input.holder.trim() === '' ? null : input.holder.trim(),
            },
          ]
        : undefined
    case 'remove':
      return [{ change: 'remove', role: step.role.role, channels: step.role.channels, key: step.key }]
    case 'threshold':
      return Number.isInteger(input.threshold) && input.threshold >= 1 && input.threshold !== step.role.threshold
        ? [{ change: 'threshold', role: step.role.role, channels: step.role.channels, threshold: input.threshold }]
        : undefined
    case 'channels':
      return KEY.test(input.key) && CHANNELS.test(input.channels)
        ? [
            {
              change: 'add',
              role: 'publisher',
              channels: input.channels,
              key: input.key,
              holder: input.holder.trim() === '' ? null : input.holder.trim(),
            },
          ]
        : undefined
    case 'expiry':
      return input.days >= 1 ? [{ change: 'expiry', lifetimeMs: input.days * DAY_MS }] : undefined
    case 'rotate':
    case 'revoke':
    case 'import':
      return undefined
  }
}

export function stepTitle(step: Step): string {
  switch (step.kind) {
    case 'add':
      return `Add a key to ${roleName(step.role)}`
    case 'remove':
      return `Take a key out of ${roleName(step.role)}`
    case 'threshold':
      return `How many must sign as ${roleName(step.role)}`
    case 'channels':
      return 'Publishers of other channels'
    case 'rotate':
      return `Replace this home’s key of ${step.name}`
    case 'revoke':
      return 'Revoke a key for ever'
    case 'expiry':
      return 'Make the root last longer'
    case 'import':
      return 'Import a step'
  }
}
