import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Invitation } from '../../protocol/control/index.ts'
import type { AgentProcess, Program } from './processes.ts'

export const CHANNEL = 'demo'

/** One host of the demo: a home, a live tree, and an agent that may be stopped and started. */
export interface DemoHost {
  readonly name: string
  readonly site: string
  readonly home: string
  readonly root: string
  agent: AgentProcess
}

export interface DemoMesh {
  /** Home of the admin, whose agent publishes. */
  readonly admin: string
  readonly hosts: readonly DemoHost[]
}

const SITES = ['oslo', 'lima', 'perth', 'nairobi', 'quito', 'hanoi', 'riga', 'dakar']

const siteName = (n: number): string => SITES[n] ?? `site-${n + 1}`

/** A home that keeps to loopback: no multicast on the machine's network. */
async function prepareHome(home: string): Promise<string> {
  await mkdir(home, { mode: 0o700 })
  await writeFile(join(home, 'config.toml'), 'mdns = false\n')
  return home
}

/** Creates the mesh, starts the admin's agent, then enrols and starts every host. */
export async function createDemoMesh(
  program: Program,
  folder: string,
  counts: { readonly hosts: number; readonly sites: number },
  say: (text: string) => void,
): Promise<DemoMesh> {
  const admin = await prepareHome(join(folder, 'admin'))
  await program.json(admin, 'mesh', 'create', 'demo')
  await program.agent(admin)
  say('created mesh demo; the admin’s agent runs')
  const numbers = Array.from({ length: counts.hosts }, (_, i) => i)
  const hosts = await Promise.all(numbers.map((i) => startHost(program, folder, admin, i, counts.sites)))
  say(
    `enrolled ${counts.hosts} hosts at ${Math.min(counts.sites, counts.hosts)} sites: ${hosts.map((h) => h.name).join(', ')}`,
  )
  return { admin, hosts }
}

async function startHost(program: Program, folder: string, admin: string, i: number, sites: number): Promise<DemoHost> {
  const site = siteName(i % sites)
  const name = `${site}-${Math.floor(i / sites) + 1}`
  const invitation = (await program.json(admin, 'mesh', 'invite', name, '--site', site)) as Invitation
  const home = await prepareHome(join(folder, name))
  const root = join(folder, `${name}.tree`)
  await program.json(home, 'join', invitation.ticket)
  await program.json(home, 'target', 'add', CHANNEL, root)
  return { name, site, home, root, agent: await program.agent(home) }
}
