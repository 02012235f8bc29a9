import type { Signer } from '../../protocol/control/window.ts'
import { shortId, showText } from './text.ts'

/** Who signed, in words: the role that the key has, and the key. */
export const signersText = (signers: readonly Signer[]): string =>
  signers.length === 0
    ? 'signed by nobody known'
    : signers
        .map(
          ({ key, role }) => `${role === null ? 'a key without a role' : showText(role, { max: 80 })} ${shortId(key)}`,
        )
        .join(', ')
