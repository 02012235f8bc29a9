/** Structured clones as JSON: what JSON has no word for is tagged. Runs in the page's worlds too, by its source, so it refers to nothing outside itself. */
export function createValues() {
  const TAG = '$host'
  const encode = (value: unknown): unknown => {
    if (value === undefined) return { [TAG]: 'undefined' }
    if (typeof value === 'bigint') return { [TAG]: 'bigint', text: String(value) }
    if (typeof value === 'number' && !Number.isFinite(value)) return { [TAG]: 'number', text: String(value) }
    if (value instanceof Uint8Array) {
      let text = ''
      for (let at = 0; at < value.length; at += 4096) text += String.fromCharCode(...value.subarray(at, at + 4096))
      return { [TAG]: 'bytes', text: btoa(text) }
    }
    if (value instanceof Date) return { [TAG]: 'date', text: value.toISOString() }
    if (typeof value === 'function' || typeof value === 'symbol')
      throw new DOMException('a function cannot be cloned', 'DataCloneError')
    if (Array.isArray(value)) return value.map(encode)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, encode(inner)]))
  }
  const revive = (_name: string, value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value
    const tagged = new Map(Object.entries(value))
    const text = String(tagged.get('text'))
    switch (tagged.get(TAG)) {
      case 'undefined':
        return undefined
      case 'bigint':
        return BigInt(text)
      case 'number':
        return Number(text)
      case 'bytes':
        return Uint8Array.from(atob(text), (char) => char.charCodeAt(0))
      case 'date':
        return new Date(text)
      default:
        return value
    }
  }
  return {
    stringify: (value: unknown) => JSON.stringify(encode(value)),
    parse: (text: string) => JSON.parse(text, revive),
  }
}

export const values = createValues()
