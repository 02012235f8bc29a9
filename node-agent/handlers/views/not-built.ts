import { ShoalError } from '../../../protocol/index.ts'
import type { ControlHandlers, ViewMethods, ViewStreams } from '../../../protocol/control/index.ts'

const refusal = (name: string): ShoalError =>
  new ShoalError('NOT_BUILT_YET', `this agent does not answer ${name} yet; nothing was changed`)

const method = (name: keyof ViewMethods) => async (): Promise<never> => {
  throw refusal(name)
}

const stream = (name: keyof ViewStreams) =>
  // oxlint-disable-next-line require-yield -- refuses before it has anything to say
  async function* (): AsyncGenerator<never, never, undefined> {
    throw refusal(name)
  }

/** Views that are part of the contract and not yet answered: each refuses by name. */
export const notBuiltHandlers = () =>
  ({
    folders: method('folders'),
    previewText: method('previewText'),
    publishPreview: stream('publishPreview'),
    publishPreviewed: stream('publishPreviewed'),
  }) satisfies Partial<ControlHandlers>
