import { type Action, useAction, useClient, useToast } from '../../state/hooks.ts'

/** Has one host try a release again, and says so. */
export function useRetry(host: string, channel: string): Action<readonly []> {
  const client = useClient()
  const toast = useToast()
  return useAction(async () => {
    await client?.call('retryHost', { channel, host })
    toast({ tone: 'good', text: `${host} will try ${channel} again` })
  })
}
