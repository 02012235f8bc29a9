import { z } from 'zod'
import { LIMITS } from '../wire/limits.ts'
import { CONTROL_LIMITS } from './limits.ts'

/** Text that survives UTF-8 (no lone surrogates) and cannot cut a C string. */
export const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'is not clean text')

const name = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^[a-z0-9][a-z0-9._-]*$/, 'is not a name')

/** Fields that several requests have, each checked in one way. */
export const channel = name(64)
export const host = name(253)
export const site = name(64)
/** Each once. */
export const hosts = z
  .array(host)
  .min(1)
  .max(CONTROL_LIMITS.bulkHosts)
  .refine((names) => new Set(names).size === names.length, 'names a host twice')
export const directory = text(CONTROL_LIMITS.directoryBytes).startsWith('/', 'is not an absolute path')
export const sequence = z.number().int().min(1).max(Number.MAX_SAFE_INTEGER)
export const lifetimeMs = z.number().int().min(1).max(CONTROL_LIMITS.lifetimeMs)
export const message = text(LIMITS.textBytes)
export const none = z.strictObject({})

export const labels = z
  .record(z.string().regex(/^[a-z0-9][a-z0-9._/-]{0,62}$/, 'is not a label'), text(256))
  .refine((all) => Object.keys(all).length <= LIMITS.labelsPerHost, `has more than ${LIMITS.labelsPerHost} labels`)
