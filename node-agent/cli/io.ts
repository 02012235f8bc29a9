/** A stream of text that goes out of the process. */
export interface Output {
  write(text: string): void
  readonly isTty: boolean
  /** Width of the terminal in columns; 80 where there is none. */
  readonly columns: number
}

/** Everything that a command may know of the process it runs in. Only main.ts reads globals. */
export interface CliIo {
  /** Arguments after the program's name. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly uid: number
  readonly gid: number
  readonly userHome: string
  /** Version of Shoal. */
  readonly version: string
  /** Absolute path of bin/shoal.mjs, and of the running Node.js. */
  readonly program: string
  readonly node: string
  readonly stdout: Output
  readonly stderr: Output
  /** Aborts on the first SIGINT, SIGTERM or SIGHUP, and when nobody reads stdout any more. */
  readonly interrupted: AbortSignal
}
