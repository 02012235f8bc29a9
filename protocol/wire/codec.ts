import * as cbor from '@ipld/dag-cbor'
import { z } from 'zod'
import { ShoalError } from '../errors/index.ts'

/** Encodes and decodes the messages of one protocol. */
export interface MessageCodec<T> {
  encode(message: T): Uint8Array
  /** @throws WIRE_MALFORMED for anything but one valid message */
  decode(bytes: Uint8Array): T
}

/** A codec from the schema of one protocol's messages: deterministic DAG-CBOR, unknown keys refused (WIRE-2). */
export const messageCodec = <S extends z.ZodType>(name: string, schema: S): MessageCodec<z.output<S>> => ({
  encode: (message) => cbor.encode(message),
  decode: (bytes) => {
    try {
      return schema.parse(cbor.decode(bytes))
    } catch (err) {
      throw new ShoalError('WIRE_MALFORMED', `not a message of ${name}`, { cause: err })
    }
  },
})

const rawBytes = (test: (length: number) => boolean, what: string) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && test(value.length), what)

/** Raw bytes of one length. */
export const bytesOf = (length: number) => rawBytes((n) => n === length, `must be ${length} bytes`)

/** Raw bytes up to a length. */
export const bytesUpTo = (max: number) => rawBytes((n) => n <= max, `must be at most ${max} bytes`)

/** An unsigned integer that fits 32 bits: ids and offsets of one stream. */
export const u32 = z.number().int().min(0).max(0xffff_ffff)

/** 32 raw bytes of SHA-256. */
export const digestBytes = bytesOf(32)
