import { z } from 'zod'

/** A name whose parser throws: its error becomes a schema issue. */
export const named = <T extends string>(parse: (text: string) => T) =>
  z.codec(z.string(), z.custom<T>(), {
    decode: (text, ctx) => {
      try {
        return parse(text)
      } catch (err) {
        ctx.issues.push({ code: 'custom', input: text, message: err instanceof Error ? err.message : 'bad name' })
        return z.NEVER
      }
    },
    encode: (name) => name,
  })
