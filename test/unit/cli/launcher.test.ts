import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readlinkSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import { aStatus, fakeHandlers, untilCancelled } from '../../support/fake-handlers.ts'
import { tempDir } from '../../support/temp-dir.ts'
import { serveHome } from './serve-home.ts'

const program = fileURLToPath(new URL('../../../node-agent/bin/shoal.mjs', import.meta.url))
const main = fileURLToPath(new URL('../../../node-agent/main.ts', import.meta.url))

/** A Node.js of this machine that is too old for Shoal, as many a machine's own is. */
const oldNode = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'node'))
  .find((file) => {
    const { stdout } = spawnSync(file, ['--version'], { encoding: 'utf8' })
    const major = Number(/^v(\d+)/.exec(stdout ?? '')?.[1] ?? 0)
    return major >= 20 && major < 24
  })

const waiting = fakeHandlers({
  watchStatus: async function* (_req, signal) {
    yield aStatus([])
    return untilCancelled(signal)
  },
})

interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

/** `shoal wait` that will wait for long; ready once it has said what it waits for. */
async function startWait(node: string, env: NodeJS.ProcessEnv = {}) {
  const home = await serveHome(waiting)
  const child = spawn(node, [program, 'wait', '--channel', 'web', '--home', home], {
    env: { ...process.env, ...env },
    stdio: 'pipe',
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const exit = new Promise<Exit>((resolve) => child.on('exit', (code, signal) => resolve({ code, signal })))
  let stderr = ''
  child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
  while (!stderr.includes('wait  web@2')) await new Promise((resolve) => setTimeout(resolve, 5))
  return { child, exit, stderr: () => stderr }
}

describe('the program itself', () => {
  test('CLI-1 exit codes and streams are those of the command', () => {
    const run = (...argv: string[]) => spawnSync(process.execPath, [program, ...argv], { encoding: 'utf8' })
    expect(run('--version')).toMatchObject({ status: 0, stdout: '0.1.0\n', stderr: '' })
    expect(run('--nonsense')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^shoal: USAGE: .+\n$/),
    })
    expect(run('status', '--home', '/dev/null')).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^shoal: HOME_INVALID: .+\n$/),
    })
  })

  test('CLI-21 help loads neither network nor database nor schemas, and is quick', async () => {
    const hook = join(await tempDir(), 'hook.mjs')
    writeFileSync(
      hook,
      `import { registerHooks } from 'node:module'
       registerHooks({ load(url, context, next) { process.stderr.write('LOAD ' + url + '\\n'); return next(url, context) } })`,
    )
    const { stderr, status } = spawnSync(process.execPath, ['--import', hook, main, '--help'], { encoding: 'utf8' })
    expect(status).toBe(0)
    expect(stderr).toContain('commander')
    expect(stderr).not.toMatch(
      /node_modules\/(@?libp2p|level|classic-level|zod|koffi|smol-toml|@chainsafe|cborg|@ipld)/,
    )
  })

  test('CLI-24 a reader that goes away ends the program quietly', async () => {
    const child = spawn(process.execPath, [program, 'completion', 'bash'], { stdio: 'pipe' })
    child.stdout.destroy()
    let stderr = ''
    child.stderr.on('data', (data: Buffer) => (stderr += data.toString()))
    await new Promise((resolve) => child.on('close', resolve))
    expect(stderr).not.toMatch(/EPIPE|at .+\.ts/)
    expect(child.signalCode).toBeNull()
  })

  test('CLI-22 one SIGINT, or the two that a terminal and a launcher send for one ^C, end it with CANCELLED', async () => {
    const { child, exit, stderr } = await startWait(process.execPath)
    child.kill('SIGINT')
    child.kill('SIGINT')
    expect(await exit).toEqual({ code: 1, signal: null })
    expect(stderr()).toContain('shoal: CANCELLED: interrupted; what was not finished is untouched\n')
  })
})

describe.skipIf(oldNode === undefined)('under an older Node.js', () => {
  const old = oldNode ?? ''
  const hideFfi = async (): Promise<NodeJS.ProcessEnv> => {
    const file = join(await tempDir(), 'hide.cjs')
    writeFileSync(
      file,
      `const Module = require('node:module'); const load = Module._load
       Module._load = function (name, ...rest) { if (name === 'koffi') throw new Error('hidden'); return load.call(this, name, ...rest) }`,
    )
    return { NODE_OPTIONS: `--require ${file}` }
  }

  test('CLI-20 the same process becomes the pinned Node.js: a signal, even SIGKILL, reaches the program', async () => {
    const { child, exit } = await startWait(old)
    expect(readlinkSync(`/proc/${child.pid}/exe`)).toMatch(/node-linux-[a-z0-9]+\/bin\/node$/)
    child.kill('SIGKILL')
    expect(await exit).toEqual({ code: null, signal: 'SIGKILL' })
  })

  test('CLI-20 where it cannot, a child process has its streams, signals and end', async () => {
    const env = await hideFfi()
    const run = (...argv: string[]) =>
      spawnSync(old, [program, ...argv], { encoding: 'utf8', env: { ...process.env, ...env } })
    expect(run('--version')).toMatchObject({ status: 0, stdout: '0.1.0\n', stderr: '' })
    expect(run('--nonsense')).toMatchObject({ status: 2, stdout: '' })
    const { child, exit, stderr } = await startWait(old, env)
    expect(readlinkSync(`/proc/${child.pid}/exe`)).not.toMatch(/node-linux-[a-z0-9]+\/bin\/node$/)
    child.kill('SIGTERM')
    expect(await exit).toEqual({ code: 1, signal: null })
    expect(stderr()).toContain('shoal: CANCELLED:')
  })

  test('CLI-20 without the pinned Node.js it says what to do', async () => {
    const folder = join(await tempDir(), 'node-agent', 'bin')
    mkdirSync(folder, { recursive: true })
    copyFileSync(program, join(folder, 'shoal.mjs'))
    const { status, stdout, stderr } = spawnSync(old, [join(folder, 'shoal.mjs'), '--help'], { encoding: 'utf8' })
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toMatch(
      /^shoal: NODE_TOO_OLD: this is Node\.js 2\d\.\S+ and Shoal needs 24 or newer\. .+ npm install .+\n$/,
    )
  })
})

describe('completion', () => {
  const script = (shell: string): string =>
    execFileSync(process.execPath, [program, 'completion', shell], { encoding: 'utf8' })

  test.each([
    [['shoal', 'tar'], 'target'],
    [['shoal', 'target', ''], 'add list remove retry consent'],
    [['shoal', '--home', '/x', 'mesh', ''], 'create invite'],
    [['shoal', 'target', 'add', 'web', '/srv', '--s'], '--strategy'],
    [['shoal', 'target', 'add', '--strategy', ''], 'in-place swap generations'],
    [['shoal', 'completion', ''], 'bash zsh'],
    [['shoal', 'join', ''], ''],
  ])('CLI-19 bash completes %j', async (words, expected) => {
    const file = join(await tempDir(), 'shoal.bash')
    writeFileSync(file, `${script('bash')}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($#-1)); _shoal; echo "\${COMPREPLY[*]}"\n`)
    expect(execFileSync('bash', [file, ...words], { encoding: 'utf8' }).trim()).toBe(expected)
  })

  test.runIf(spawnSync('zsh', ['--version']).status === 0)('CLI-19 the zsh script parses', async () => {
    const file = join(await tempDir(), '_shoal')
    writeFileSync(file, script('zsh'))
    execFileSync('zsh', ['-n', file])
  })

  test('CLI-19 the zsh script knows the same commands', () => {
    const text = script('zsh')
    expect(text).toMatch(/^#compdef shoal\n/)
    for (const path of ['target add', 'mesh invite', 'bundle export', 'completion'])
      expect(text).toContain(`'${path}')`)
  })
})
