import { isShoalError, ShoalError } from '../../protocol/index.ts'

/**
 * Why libp2p could not listen. It keeps only the text of the errors below it, so the errno names are looked for in there: the one place where
 * text is matched.
 */
export function listenError(err: unknown, listen: readonly string[]): unknown {
  if (isShoalError(err) || !(err instanceof Error) || err.name !== 'UnsupportedListenAddressesError') return err
  const where = listen.join(', ')
  if (/EADDRINUSE|already in use/.test(err.message)) {
    return new ShoalError(
      'ADDRESS_IN_USE',
      `another program listens on ${where} already; stop it or choose another port`,
      {
        cause: err,
      },
    )
  }
  const why = /\b(EADDRNOTAVAIL|EACCES|EAFNOSUPPORT|ENOTFOUND|EINVAL)\b/.exec(err.message)?.[1] ?? 'refused'
  return new ShoalError('ADDRESS_INVALID', `cannot listen on ${where} (${why}); nothing was started`, { cause: err })
}
