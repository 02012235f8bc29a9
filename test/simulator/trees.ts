import { existsSync } from 'node:fs'
import { mkdir, rm, utimes, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { seededBytes } from '../support/seeded-bytes.ts'

/** What a folder that is published now and then looks like. */
interface TreeKind {
  /** Large files that stay as they are: path and bytes. */
  readonly data: readonly (readonly [path: string, bytes: number])[]
  /** Programs, of which a part is new in every version. */
  readonly programs: readonly (readonly [path: string, bytes: number])[]
  /** Small files: folder, how many, and what they end in. */
  readonly small: readonly (readonly [folder: string, count: number, ending: string])[]
  /** Comes with another name, and other content, every fourth version. */
  readonly model: readonly [stem: string, bytes: number] | undefined
  readonly config: string
}

const [KB, MB] = [1e3, 1e6]
/** Of each program, new in every version. */
const PATCH = 48 * KB

const TREES: ReadonlyMap<string, TreeKind> = new Map([
  [
    'web',
    {
      data: [['share/index/places.idx', 14 * MB]],
      programs: [
        ['bin/web-server', 1.4 * MB],
        ['lib/libsearch.so', 0.6 * MB],
      ],
      small: [
        ['assets/img', 70, 'svg'],
        ['assets/css', 24, 'css'],
        ['templates', 60, 'html'],
      ],
      model: ['share/models/rank', 24 * MB],
      config: 'config/web.json',
    },
  ],
  [
    'base-config',
    {
      data: [],
      programs: [],
      small: [
        ['etc/ssh', 6, 'conf'],
        ['etc/monitoring', 18, 'toml'],
      ],
      model: undefined,
      config: 'etc/base.json',
    },
  ],
  [
    'edge-firmware',
    {
      data: [['boot/kernel.img', 5 * MB]],
      programs: [['lib/modem.bin', 0.5 * MB]],
      small: [['lib/firmware', 30, 'bin']],
      model: undefined,
      config: 'etc/edge.json',
    },
  ],
  [
    'kiosk',
    {
      data: [['opt/kiosk/films/welcome.webm', 3 * MB]],
      programs: [['opt/kiosk/kiosk-ui', 0.4 * MB]],
      small: [
        ['opt/kiosk/sounds', 14, 'ogg'],
        ['opt/kiosk/pages', 40, 'html'],
      ],
      model: undefined,
      config: 'etc/kiosk.json',
    },
  ],
])

/**
 * Makes a folder what it is in a version, from what it was in the one before; the same for the same channel, version and time, which what is touched
 * has.
 */
export async function writeVersion(folder: string, channel: string, version: number, atMs: number): Promise<void> {
  const kind = TREES.get(channel)
  if (kind === undefined) throw new Error(`nothing is known of a tree of ${channel}`)
  const at = new Date(atMs)
  const touched = new Set<string>()
  const put = async (path: string, content: string | Uint8Array): Promise<void> => {
    const whole = join(folder, path)
    const made = await mkdir(dirname(whole), { recursive: true })
    for (let one = dirname(whole); made !== undefined && one.length >= made.length; one = dirname(one)) touched.add(one)
    if (made !== undefined && made !== folder) touched.add(dirname(made))
    if (!existsSync(whole)) touched.add(dirname(whole))
    await writeFile(whole, content)
    await utimes(whole, at, at)
  }
  const take = async (path: string): Promise<void> => {
    if (existsSync(join(folder, path))) touched.add(dirname(join(folder, path)))
    await rm(join(folder, path), { force: true })
  }
  if (version === 1) for (const [path, bytes] of kind.data) await put(path, seededBytes(bytes, bytes))
  for (const [i, [path, bytes]] of kind.programs.entries()) await put(path, program(bytes, i + 1, version))
  await put(kind.config, settings(channel, version))
  for (const [place, count, ending] of kind.small) {
    for (let i = 0; i < count; i++) {
      const path = `${place}/${ending}-${String(i).padStart(3, '0')}.${ending}`
      if (i === count - 1 && version > 2) await take(path)
      else if (version === 1 || (i * 7 + version) % 9 === 0) await put(path, text(i, version, ending))
    }
  }
  if (kind.model !== undefined && version % 4 === 0) {
    const [stem, bytes] = kind.model
    await take(`${stem}-${version - 4}.bin`)
    await put(`${stem}-${version}.bin`, seededBytes(bytes, version))
  }
  for (const path of touched) await utimes(path, at, at)
}

/** A little of it is new in every version, each time in another place. */
function program(bytes: number, number: number, version: number): Uint8Array {
  const whole = seededBytes(bytes, number * 104_729)
  for (let old = 2; old <= version; old++) {
    const at = Math.floor((((old * 3) % 8) / 8) * (bytes - PATCH))
    whole.set(seededBytes(PATCH, number * 104_729 + old), at)
  }
  return whole
}

const settings = (channel: string, version: number): string =>
  `${JSON.stringify({ release: `${channel}-${version}`, workers: 2 + (version % 7), cacheMb: 64 * (1 + (version % 3)), warm: version > 3 }, undefined, 2)}\n`

const text = (number: number, version: number, ending: string): string =>
  Array.from(
    { length: 12 + (number % 30) },
    (_, i) => `${ending} ${number}, line ${i}, of version ${i % 4 === 0 ? version : 1}\n`,
  ).join('')
