import { ipcMain, type WebContents } from 'electron'
import { z } from 'zod'
import type { AgentState, ChosenFolder, KeyringState, Outcome } from '../../protocol/console/index.ts'
import { ShoalError, toWire } from '../../protocol/errors/index.ts'
import { isTrustedFrame } from './policy.ts'

/** Longest passphrase that is taken, characters; the agent has the same. */
const PASSPHRASE_LENGTH = 1024

const requestSchema = z.discriminatedUnion('what', [
  z.strictObject({ what: z.enum(['choose-folder', 'agent-state', 'retry-agent', 'keyring', 'forget-passphrase']) }),
  z.strictObject({ what: z.literal('remember-passphrase'), passphrase: z.string().min(1).max(PASSPHRASE_LENGTH) }),
])
type DesktopRequest = z.infer<typeof requestSchema>

/** What the page may ask of the desktop. */
export interface DesktopActions {
  chooseFolder(): Promise<ChosenFolder | null>
  agentState(): AgentState
  retryAgent(): AgentState
  keyring(): Promise<KeyringState>
  rememberPassphrase(passphrase: string): Promise<KeyringState>
  forgetPassphrase(): Promise<KeyringState>
}

export interface RequestsInit {
  readonly contents: () => WebContents | undefined
  readonly origin: string
}

/** Answers our own page, and nobody else; a request is checked before anything is done (SEC-6). */
export function answerRequests(actions: DesktopActions, { contents, origin }: RequestsInit): void {
  ipcMain.handle('desktop', async ({ sender, senderFrame }, raw: unknown): Promise<Outcome<unknown>> => {
    try {
      if (sender !== contents() || !isTrustedFrame(senderFrame, origin)) {
        throw new ShoalError('BAD_REQUEST', 'this page may not ask the desktop for anything')
      }
      const { success, data } = requestSchema.safeParse(raw)
      if (!success) throw new ShoalError('BAD_REQUEST', 'the desktop does not know this request; nothing was done')
      return { ok: true, value: await answer(actions, data) }
    } catch (err) {
      return { ok: false, error: toWire(err) }
    }
  })
}

function answer(actions: DesktopActions, request: DesktopRequest): unknown {
  switch (request.what) {
    case 'choose-folder':
      return actions.chooseFolder()
    case 'agent-state':
      return actions.agentState()
    case 'retry-agent':
      return actions.retryAgent()
    case 'keyring':
      return actions.keyring()
    case 'remember-passphrase':
      return actions.rememberPassphrase(request.passphrase)
    case 'forget-passphrase':
      return actions.forgetPassphrase()
  }
}
