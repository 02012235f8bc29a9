import { z } from 'zod'
import { MAX_PATH_BYTES } from '../../ids/index.ts'
import { QUERY_LIMITS } from '../../query/index.ts'
import { channel, host, lifetimeMs, message, none, sequence, text } from '../fields.ts'
import { waves } from '../rollout-schemas.ts'
import { CONTROL_LIMITS } from '../limits.ts'
import { ACTIVITY_KINDS } from './activity.ts'
import { ALERT_RULES } from './alerts.ts'
import type { ViewMethods, ViewStreams } from './contract.ts'
import { HOST_SORTS } from './hosts.ts'

type Requests = { [K in keyof ViewMethods]: ViewMethods[K]['req'] } & {
  [K in keyof ViewStreams]: ViewStreams[K]['req']
}

const query = text(QUERY_LIMITS.text)
const index = z.number().int().min(0).max(CONTROL_LIMITS.listRows)
const anyChannel = z.union([channel, z.null()])
const rows = { first: index, count: z.number().int().min(0).max(CONTROL_LIMITS.viewRows) }
const release = z.strictObject({ channel, release: sequence })
/** An id that the agent made. */
const token = z.string().regex(/^[A-Za-z0-9_-]{1,128}$/, 'is no id')
const byteString = z
  .string()
  .min(1)
  .max(MAX_PATH_BYTES)
  // oxlint-disable-next-line no-control-regex -- a path may hold any byte but NUL
  .regex(/^[\u0001-\u00ff]*$/, 'is not a byte string')
const console = {
  savedViews: z
    .array(z.strictObject({ name: text(80).min(1), query, channel: anyChannel }))
    .max(CONTROL_LIMITS.savedViews)
    .refine((views) => new Set(views.map((view) => view.name)).size === views.length, 'has a name twice'),
  mutedAlerts: z.array(z.enum(ALERT_RULES)).max(ALERT_RULES.length),
}

/** Strict schemas of what windows ask. */
export const VIEW_SCHEMAS: { readonly [K in keyof Requests]: z.ZodType<Requests[K]> } = {
  hostAt: z.strictObject({ query, channel: anyChannel, index }),
  queryVocabulary: none,
  networkPath: z.strictObject({ from: host, to: host }),
  alertAcknowledge: z.strictObject({ id: text(CONTROL_LIMITS.alertId).min(1), acknowledged: z.boolean() }),
  folders: z.strictObject({ folder: z.union([token, z.null()]) }),
  previewText: z.strictObject({ ticket: token, path: byteString }),
  republish: z.strictObject({ from: release, channel, message, lifetimeMs }),
  settings: none,
  settingsSet: z.strictObject(console),
  watchOverview: none,
  watchHosts: z.strictObject({
    query,
    channel: anyChannel,
    sort: z.enum(HOST_SORTS),
    descending: z.boolean(),
    squares: z.boolean(),
    ...rows,
  }),
  watchHost: z.strictObject({ host }),
  watchRollout: z.strictObject({ channel, release: z.union([sequence, z.null()]) }),
  watchReleases: z.strictObject({ channel: anyChannel, ...rows }),
  watchNetwork: none,
  watchActivity: z.strictObject({
    kinds: z.array(z.enum(ACTIVITY_KINDS)).max(ACTIVITY_KINDS.length),
    text: query,
    ...rows,
  }),
  watchAlerts: none,
  exportHosts: z.strictObject({ query, channel: anyChannel }),
  compare: z.strictObject({ from: release, to: release }),
  publishPreview: z.strictObject({
    folder: token,
    channel,
    exclude: z.array(text(CONTROL_LIMITS.directoryBytes).min(1)).max(CONTROL_LIMITS.excludes),
  }),
  publishPreviewed: z.strictObject({ ticket: token, message, lifetimeMs, waves }),
}
