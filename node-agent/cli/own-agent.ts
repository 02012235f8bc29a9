import type { CommandContext } from './context.ts'
import type { OfflineHome } from './seams.ts'

/** An agent of this process, with network, that lives as long as the command. */
export async function ownAgent(
  context: CommandContext,
  options: { readonly listen?: readonly string[]; readonly bootstrap?: readonly string[] },
): Promise<OfflineHome> {
  const init = await context.homeInit()
  const { createAgent } = await context.seams.agent()
  const agent = createAgent({ ...init, listen: options.listen ?? [], bootstrap: options.bootstrap ?? [] })
  try {
    await agent.start()
  } catch (err) {
    await agent.stop()
    throw err
  }
  return { handlers: agent.handlers, folders: agent.folders, close: () => agent.stop() }
}
