import { z } from 'zod'

/** What the desktop app's main process tells the agent's process. A port comes with `serve` and nothing else. */
const toAgentSchema = z.discriminatedUnion('kind', [
  /** Serve the control API on the port. A second port of the same role ends the link of the first. */
  z.strictObject({ kind: z.literal('serve'), role: z.enum(['window', 'shell']) }),
  z.strictObject({ kind: z.literal('stop') }),
  /** A person chose this folder in the system's dialog: the window may name it. */
  z.strictObject({ kind: z.literal('grant'), request: z.number().int(), path: z.string().min(1) }),
])

/** What the agent's process tells back. */
const fromAgentSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ready') }),
  /** It ends now. */
  z.strictObject({ kind: z.literal('failed'), code: z.string().max(64), message: z.string().max(8192) }),
  z.strictObject({
    kind: z.literal('refused'),
    request: z.number().int(),
    code: z.string().max(64),
    message: z.string().max(8192),
  }),
  z.strictObject({ kind: z.literal('granted'), request: z.number().int(), id: z.string().max(128), name: z.string() }),
])

export type ToAgent = z.infer<typeof toAgentSchema>
export type FromAgent = z.infer<typeof fromAgentSchema>

/** Undefined for what is none: the two processes are of one build, so that it is only ever logged. */
export const parseToAgent = (value: unknown): ToAgent | undefined => toAgentSchema.safeParse(value).data
export const parseFromAgent = (value: unknown): FromAgent | undefined => fromAgentSchema.safeParse(value).data
