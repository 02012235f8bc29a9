import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A namespace with its address on a shaped line. */
export interface Place {
  readonly space: string
  readonly address: string
}

export interface SwarmInit {
  readonly publisher: Place
  readonly hosts: readonly Place[]
  /** Folder that everybody is to have. */
  readonly folder: string
  readonly work: string
}

/** Seconds from the publisher's start until each host had everything, in that order. */
export type Finished = readonly number[]

const TRACKER = new URL('tracker-side.ts', import.meta.url).pathname
const LIMIT_MS = 20 * 60_000

export const isThere = (program: string): boolean => spawnSync(program, ['--version']).error === undefined

const inside = (space: string, command: readonly string[]): ChildProcess =>
  spawn('ip', ['netns', 'exec', space, ...command], { stdio: 'ignore' })

const sizeOf = (folder: string): number => {
  if (!existsSync(folder)) return 0
  const files = readdirSync(folder, { withFileTypes: true, recursive: true }).filter(
    (entry) => entry.isFile() && !entry.name.startsWith('.syncthing'),
  )
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0)
}

/** Looks until `done` holds for each of so many. @throws when that takes too long */
async function watch(count: number, startMs: number, done: (host: number) => boolean): Promise<Finished> {
  const finished: number[] = []
  const left = new Set(Array.from({ length: count }, (_, n) => n))
  while (left.size > 0) {
    if (performance.now() - startMs > LIMIT_MS) throw new Error(`${left.size} of ${count} hosts never had it`)
    await sleep(200)
    for (const host of left) {
      if (!done(host)) continue
      left.delete(host)
      finished.push((performance.now() - startMs) / 1000)
    }
  }
  return finished
}

/** A BitTorrent swarm of aria2 with a tracker beside the publisher; hosts are told of the torrent beforehand. */
export async function aria2Swarm({ publisher, hosts, folder, work }: SwarmInit): Promise<Finished> {
  const running: ChildProcess[] = []
  try {
    const tracker = spawn(
      'ip',
      ['netns', 'exec', publisher.space, process.execPath, TRACKER, publisher.address, '6969'],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    )
    running.push(tracker)
    await new Promise((ready) => tracker.stdout.once('data', ready))
    const torrent = join(work, 'swarm.torrent')
    execFileSync('mktorrent', ['-l', '18', '-a', `http://${publisher.address}:6969/announce`, '-o', torrent, folder], {
      stdio: 'ignore',
    })
    const options = [
      '--enable-dht=false',
      '--seed-ratio=0',
      '--bt-enable-lpd=false',
      '--file-allocation=none',
      '--quiet',
      '--max-upload-limit=0',
      '--listen-port=6881',
    ]
    const start = ({ space }: Place, dir: string, more: readonly string[] = []): void =>
      void running.push(inside(space, ['aria2c', ...options, ...more, '-d', dir, torrent]))
    const said = (host: number): string => join(work, `aria2-${host}.done`)
    for (const [n, host] of hosts.entries()) {
      const hook = join(work, `aria2-${n}.sh`)
      writeFileSync(hook, `#!/bin/sh\ntouch ${said(n)}\n`, { mode: 0o755 })
      start(host, join(work, `aria2-${n}`), [`--on-bt-download-complete=${hook}`])
    }
    await sleep(3_000)
    const startMs = performance.now()
    start(publisher, join(folder, '..'), ['--check-integrity=true'])
    return await watch(hosts.length, startMs, (host) => existsSync(said(host)))
  } finally {
    for (const child of running) child.kill('SIGKILL')
    await sleep(1_000)
  }
}

/** Syncthing, everybody connected to everybody, found by address. */
export async function syncthingSwarm({ publisher, hosts, folder, work }: SwarmInit): Promise<Finished> {
  const places = [publisher, ...hosts]
  const homes = places.map((_, n) => join(work, `syncthing-home-${n}`))
  const folders = places.map((_, n) => (n === 0 ? folder : join(work, `syncthing-${n}`, basename(folder))))
  const ids = homes.map((home) => {
    execFileSync('syncthing', ['generate', `--home=${home}`, '--skip-port-probing', '--no-default-folder'], {
      stdio: 'ignore',
    })
    return execFileSync('syncthing', ['--device-id', `--home=${home}`], { encoding: 'utf8' }).trim()
  })
  const device = (n: number): string =>
    `<device id="${ids[n]}" name="d${n}" compression="metadata"><address>tcp://${places[n]?.address}:22000</address></device>`
  for (const [n, home] of homes.entries()) {
    mkdirSync(join(folders[n] ?? '', '.stfolder'), { recursive: true })
    const members = ids.map((id) => `<device id="${id}"/>`).join('')
    writeFileSync(
      join(home, 'config.xml'),
      `<configuration version="35"><folder id="tree" path="${folders[n]}" type="sendreceive" rescanIntervalS="3600" fsWatcherEnabled="false">${members}</folder>
       ${ids.map((_, i) => device(i)).join('')}<gui enabled="false"></gui><options><listenAddress>tcp://${places[n]?.address}:22000</listenAddress>
       <globalAnnounceEnabled>false</globalAnnounceEnabled><localAnnounceEnabled>false</localAnnounceEnabled><relaysEnabled>false</relaysEnabled>
       <natEnabled>false</natEnabled><urAccepted>-1</urAccepted><crashReportingEnabled>false</crashReportingEnabled><startBrowser>false</startBrowser>
       <reconnectionIntervalS>5</reconnectionIntervalS></options></configuration>`,
    )
  }
  const running: ChildProcess[] = []
  const start = (n: number): void =>
    void running.push(
      inside(places[n]?.space ?? '', [
        'env',
        'STNORESTART=1',
        'STNOUPGRADE=1',
        'syncthing',
        'serve',
        '--no-browser',
        '--no-restart',
        `--home=${homes[n]}`,
      ]),
    )
  try {
    for (let n = 1; n < places.length; n++) start(n)
    await sleep(10_000)
    const [startMs, whole] = [performance.now(), sizeOf(folder)]
    start(0)
    return await watch(hosts.length, startMs, (host) => sizeOf(folders[host + 1] ?? '') >= whole)
  } finally {
    for (const child of running) child.kill('SIGTERM')
    await sleep(2_000)
    for (const child of running) child.kill('SIGKILL')
  }
}
