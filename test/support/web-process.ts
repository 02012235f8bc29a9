import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { CHECKOUT } from './built-app.ts'

/** `shoal web` as a person starts it: its process and the address that it printed. Killed when the test ends. */
export async function startWeb(home: string): Promise<{ readonly url: string; readonly child: ChildProcess }> {
  const program = join(CHECKOUT, 'node-agent/main.ts')
  const child = spawn(process.execPath, [program, '--home', home, 'web', '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const line = new Promise<string>((resolve) => createInterface({ input: child.stdout }).once('line', resolve))
  const { url }: { url: string } = JSON.parse(await line)
  return { url, child }
}
