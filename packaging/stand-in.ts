import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Where @electron/fuses finds the wire in an executable. */
const SENTINEL = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'
const WIRE_VERSION = 1
/** As Electron 45 ships them, in the order of the wire: `1` on, `0` off. */
const FUSES = '100111011'

const LOAD_ADDRESS = 0x40_0000
const HEADER_BYTES = 64 + 56
/** mov eax, 60; xor edi, edi; syscall: ends with 0. */
const CODE = Buffer.from([0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05])

/** A static executable for Linux on x64 that ends at once, with the wire of fuses in it. */
function executable(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  header.writeUInt16LE(2, 16) // executable
  header.writeUInt16LE(62, 18) // x86-64
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS + HEADER_BYTES), 24) // entry
  header.writeBigUInt64LE(64n, 32) // program headers
  header.writeUInt16LE(64, 52)
  header.writeUInt16LE(56, 54)
  header.writeUInt16LE(1, 56)
  header.writeUInt32LE(1, 64) // load
  header.writeUInt32LE(5, 68) // read and execute
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS), 80)
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS), 88)
  header.writeBigUInt64LE(BigInt(HEADER_BYTES + CODE.length), 96)
  header.writeBigUInt64LE(BigInt(HEADER_BYTES + CODE.length), 104)
  header.writeBigUInt64LE(0x1000n, 112)
  const wire = Buffer.concat([Buffer.from(SENTINEL), Buffer.from([WIRE_VERSION, FUSES.length]), Buffer.from(FUSES)])
  return Buffer.concat([header, CODE, wire])
}

/**
 * Makes a folder that looks to the packager like Electron's own distribution, so that packages can be built where that cannot be had. What comes out
 * does not run: it shows what lies in a package, not that it works.
 */
export function makeStandIn(folder: string, version: string): void {
  mkdirSync(join(folder, 'locales'), { recursive: true })
  mkdirSync(join(folder, 'resources'))
  for (const name of ['electron', 'chrome-sandbox', 'chrome_crashpad_handler']) {
    writeFileSync(join(folder, name), executable())
    chmodSync(join(folder, name), 0o755)
  }
  for (const name of ['icudtl.dat', 'resources.pak', 'chrome_100_percent.pak', 'locales/en-US.pak', 'libffmpeg.so'])
    writeFileSync(join(folder, name), '')
  for (const name of ['LICENSE', 'LICENSES.chromium.html']) writeFileSync(join(folder, name), 'stand-in\n')
  writeFileSync(join(folder, 'version'), version)
}
