import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CHECKOUT } from '../../test/support/built-app.ts'

/** A simulated mesh in a process of its own. */
export interface ConsoleMesh extends AsyncDisposable {
  /** Signs in once. */
  readonly url: string
  /** Processor time that it has taken so far, milliseconds. */
  cpuMs(): number
}

/** Ticks of /proc a second, on every Linux that runs Node.js. */
const TICKS = 100

/** @param changes how often in a second every host says something else */
export async function startMesh(hosts: number, changes: number): Promise<ConsoleMesh> {
  const args = [join(CHECKOUT, 'test/simulator/main.ts'), '--json', '--hosts', `${hosts}`, '--changes', `${changes}`]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const line = new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve))
  const first = await Promise.race([line, ended])
  if (typeof first !== 'string') throw new Error(`the simulated mesh ended with ${first}`)
  const { url }: { readonly url: string } = JSON.parse(first)
  return {
    url,
    cpuMs: () => cpuOf(child),
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGINT')
      await ended
    },
  }
}

function cpuOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS
}
