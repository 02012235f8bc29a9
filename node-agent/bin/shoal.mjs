#!/usr/bin/env node
// Plain JavaScript that any Node.js from 20 on understands. Shoal itself needs Node.js 24, which the package brings as a dependency: when this is an
// older one, the same command line is started again under the pinned one, in this very process where the system can (execve), so that signals,
// even SIGKILL, reach the program and not a launcher.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import module, { createRequire } from 'node:module'
import { constants } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const NEEDED_MAJOR = 24
/** fcntl: set the flags of a file descriptor (Linux, macOS). */
const F_SETFD = 2
const self = fileURLToPath(import.meta.url)
const root = join(dirname(self), '..', '..')
const require = createRequire(import.meta.url)

if (Number(process.versions.node.split('.')[0]) >= NEEDED_MAJOR) {
  // Start-up from source takes a third of the time with it; a folder that cannot be written is no error.
  module.enableCompileCache?.(join(root, 'node_modules', '.cache', 'shoal-compile'))
  await import(new URL('../main.ts', import.meta.url).href)
} else {
  restart()
}

function restart() {
  const node = pinnedNode()
  if (node === undefined) {
    const packaged = `node-${process.platform}-${process.arch}`
    process.stderr.write(
      `shoal: NODE_TOO_OLD: this is Node.js ${process.versions.node} and Shoal needs ${NEEDED_MAJOR} or newer. The package ${packaged}, which brings it, is not installed: ` +
        `run npm install without --omit=optional, or use a newer Node.js. Nothing was changed.\n`,
    )
    process.exitCode = 1
    return
  }
  const args = [self, ...process.argv.slice(2)]
  replace(node, [node, ...args])
  // Only reached where the process could not be replaced.
  launch(node, args)
}

/** Absolute path of the pinned Node.js, an optional dependency for this platform; undefined when npm did not install it. */
function pinnedNode() {
  try {
    const file = join(dirname(require.resolve(`node-${process.platform}-${process.arch}/package.json`)), 'bin', 'node')
    return existsSync(file) ? file : undefined
  } catch {
    return undefined
  }
}

/** Replaces this process by another program; returns only when that is not possible here. */
function replace(file, argv) {
  try {
    if (typeof process.execve === 'function') process.execve(file, argv, process.env)
    const libc = require('koffi').load(null)
    const fcntl = libc.func('int fcntl(int fd, int command, ...)')
    const execve = libc.func('int execve(const char *path, const char **argv, const char **envp)')
    // Node.js marks every inherited file as close-on-exec when it starts.
    for (const fd of [0, 1, 2]) fcntl(fd, F_SETFD, 'int', 0)
    const env = Object.entries(process.env).map(([key, value]) => `${key}=${value}`)
    execve(file, [...argv, null], [...env, null])
  } catch {
    // No FFI on this platform: a child process does, with one process more.
  }
}

/** Runs the program as a child that has this process's terminal, signals and end. */
function launch(file, args) {
  const child = spawn(file, args, { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (err) => {
    process.stderr.write(`shoal: NODE_TOO_OLD: cannot start ${file}: ${err.message}\n`)
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    // Ends as the child did, so that a shell sees the same; a signal that does not end us still gives its number.
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
    setTimeout(() => process.exit(128 + (constants.signals[signal] ?? 0)), 100)
  })
}
