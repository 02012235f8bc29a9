import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { quietHome, type RunningAgent, shoal, shoalJson, startAgent } from '../processes.ts'

/** A machine with an agent of its own. */
export interface StoryMachine {
  readonly name: string
  readonly home: string
  /** Its live tree. */
  readonly root: string
  /** While this file is there, its health check fails. */
  readonly sick: string
}

/** A home whose agent is reached on loopback alone, and whose windows in a browser may publish the folders in `roots`. */
export function adminHome(folder: string, name: string, roots: readonly string[] = []): string {
  const home = quietHome(folder, name)
  appendFileSync(join(home, 'config.toml'), 'listen = ["/ip4/127.0.0.1/tcp/0"]\n')
  appendFileSync(join(home, 'config.toml'), `web = { roots = ${JSON.stringify(roots)} }\n`)
  return home
}

/** A machine that applies channel `web` in place, and whose own check tells whether it is well with it. Not joined yet. */
export function machine(folder: string, name: string): StoryMachine {
  const home = quietHome(folder, name)
  const [root, sick] = [join(folder, `${name}.tree`), join(folder, `${name}.sick`)]
  const run = ['/bin/sh', '-c', `test ! -e ${sick} || { echo "nothing answers"; exit 1; }`]
  appendFileSync(
    join(home, 'config.toml'),
    `[[action]]\nname = "port-8080"\nrun = ${JSON.stringify(run)}\n[[target]]\nchannel = "web"\nroot = "${root}"\nhealth = ["port-8080"]\n`,
  )
  return { name, home, root, sick }
}

/** What a person on a machine does with the line that a window shows: `shoal join TICKET`. */
export async function joinBy(home: string, line: string): Promise<void> {
  const [program, ...args] = line.trim().split(/\s+/)
  if (program !== 'shoal') throw new Error(`not a command of shoal: ${line}`)
  const { code, stderr } = await shoal(home, ...args)
  if (code !== 0) throw new Error(`shoal ${args[0]} exited ${code}: ${stderr}`)
}

/** Joins by that line, and starts the agent: the ticket tells it whom to ask. */
export async function joinAndRun({ home }: StoryMachine, line: string): Promise<RunningAgent> {
  await joinBy(home, line)
  return startAgent(home)
}

/** Machines that joined and run, invited from the admin's home on the command line. */
export function startMachines(
  folder: string,
  admin: string,
  all: readonly { readonly name: string; readonly site: string; readonly label?: string }[],
): Promise<readonly StoryMachine[]> {
  return Promise.all(
    all.map(async ({ name, site, label }) => {
      const one = machine(folder, name)
      const labels = label === undefined ? [] : ['--label', label]
      const { ticket } = await shoalJson<{ ticket: string }>(admin, 'mesh', 'invite', name, '--site', site, ...labels)
      await joinAndRun(one, `shoal join ${ticket}`)
      return one
    }),
  )
}
