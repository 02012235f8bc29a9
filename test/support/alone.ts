import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

const ASK_AGAIN_MS = 250

/** Test files run in processes of their own: one does the work of that name, the others wait for it. */
export async function alone<T>(name: string, work: () => T | Promise<T>): Promise<T> {
  const lock = join(tmpdir(), `shoal-${name}`)
  while (!take(lock)) {
    if (!ownerLives(lock)) rmSync(lock, { recursive: true, force: true })
    await delay(ASK_AGAIN_MS)
  }
  try {
    writeFileSync(join(lock, 'pid'), String(process.pid))
    return await work()
  } finally {
    rmSync(lock, { recursive: true, force: true })
  }
}

function take(lock: string): boolean {
  try {
    mkdirSync(lock)
    return true
  } catch {
    return false
  }
}

function ownerLives(lock: string): boolean {
  try {
    process.kill(Number(readFileSync(join(lock, 'pid'), 'utf8')), 0)
    return true
  } catch (err) {
    // Just made: its owner has not written its pid yet.
    return err instanceof Error && 'code' in err && err.code === 'ENOENT'
  }
}
