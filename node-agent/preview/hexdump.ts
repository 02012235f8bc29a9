const LINE = 16

/** Lines of 16 bytes as `hexdump -C` has them: offset, bytes, and what of them is printable. Pure. */
export function hexdump(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += LINE) {
    const line = [...bytes.subarray(at, at + LINE)]
    const hex = Array.from({ length: LINE }, (_, i) => line[i]?.toString(16).padStart(2, '0') ?? '  ')
    const shown = line.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('')
    lines.push(
      `${at.toString(16).padStart(8, '0')}  ${hex.slice(0, 8).join(' ')}  ${hex.slice(8).join(' ')}  |${shown}|`,
    )
  }
  return lines.join('\n')
}
