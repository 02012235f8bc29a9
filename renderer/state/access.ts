import type { AccessDocument, RoleRow } from '../../protocol/control/window.ts'

/** The publishers' role that a channel falls under: its own name before the longest prefix. Pure. */
export function rolesFor(access: AccessDocument, channel: string): RoleRow | undefined {
  const publishers = access.roles.filter((role) => role.role === 'publisher' && role.channels !== null)
  const fits = (pattern: string): boolean =>
    pattern.endsWith('*') ? channel.startsWith(pattern.slice(0, -1)) : pattern === channel
  return publishers
    .filter((role) => fits(role.channels ?? ''))
    .toSorted((a, b) => (b.channels ?? '').replace('*', '').length - (a.channels ?? '').replace('*', '').length)[0]
}

/** How a role is called. */
export const roleName = ({ role, channels }: Pick<RoleRow, 'role' | 'channels'>): string =>
  role === 'publisher' ? `publisher of ${channels === '*' ? 'every channel' : (channels ?? '')}` : role
