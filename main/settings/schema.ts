import { z } from 'zod'

const pixels = z.number().int().min(-100_000).max(100_000)
const placeSchema = z.strictObject({ x: pixels, y: pixels, width: pixels.min(1), height: pixels.min(1) })

/** What the desktop app keeps for itself. Each part that is wrong becomes its default, so that a damaged file never keeps the app from opening. */
export const settingsSchema = z.object({
  version: z.literal(1).catch(1),
  /** Where the window was when it was neither maximized nor minimized. */
  window: placeSchema.optional().catch(undefined),
  maximized: z.boolean().catch(false),
  notifications: z.boolean().catch(true),
  /** Closing the window leaves the agent running, with the icon in the tray. */
  keepRunning: z.boolean().catch(false),
  /** Origins of pages, such as runbooks, that may be opened in the browser: `https://wiki.example`. */
  externalOrigins: z
    .array(z.string().regex(/^https:\/\/[a-z0-9.-]+(:\d+)?$/))
    .max(64)
    .catch([]),
})

export type WindowPlace = z.infer<typeof placeSchema>
export type Settings = Readonly<z.infer<typeof settingsSchema>>

export const DEFAULT_SETTINGS: Settings = settingsSchema.parse({})
