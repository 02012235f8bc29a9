import type { PublishProgress } from '../../protocol/control/index.ts'
import type { ScanProgress } from '../scan/index.ts'

/** Between the pictures of progress that a person sees. */
const TELL_MS = 200

/** Thins the scanner's many counts out to a few a second, with rate and time left. */
export class ProgressMeter {
  readonly #started = performance.now()
  #latest: PublishProgress | undefined
  #told = ''
  #totalFiles = 0
  #codingSince: number | undefined

  readonly take = (scan: ScanProgress): void => {
    const seconds = (performance.now() - this.#started) / 1000
    const rate = seconds > 0.5 ? scan.bytes / seconds : null
    this.#latest = {
      phase: 'store',
      ...scan,
      bytesPerSecond: rate === null ? null : Math.round(rate),
      etaSeconds: rate === null || rate === 0 ? null : Math.ceil((scan.totalBytes - scan.bytes) / rate),
    }
    this.#totalFiles = scan.totalFiles
  }

  /** Bytes of new content coded so far, and in all. */
  readonly takeDelta = (bytes: number, totalBytes: number): void => {
    this.#codingSince ??= performance.now()
    const seconds = (performance.now() - this.#codingSince) / 1000
    const rate = seconds > 0.5 ? bytes / seconds : null
    const [files, totalFiles] = [this.#totalFiles, this.#totalFiles]
    const etaSeconds = rate === null || rate === 0 ? null : Math.ceil((totalBytes - bytes) / rate)
    const bytesPerSecond = rate === null ? null : Math.round(rate)
    this.#latest = { phase: 'delta', files, totalFiles, bytes, totalBytes, bytesPerSecond, etaSeconds }
  }

  /** The next picture; undefined once `finished` resolved. */
  async next(finished: Promise<void>): Promise<PublishProgress | undefined> {
    for (;;) {
      const pause = new Promise<'pause'>((resolve) => setTimeout(() => resolve('pause'), TELL_MS))
      if ((await Promise.race([finished.then(() => 'finished' as const), pause])) === 'finished') return undefined
      const latest = this.#latest
      const picture = latest && `${latest.phase} ${latest.files} ${latest.bytes}`
      if (latest === undefined || picture === undefined || picture === this.#told) continue
      this.#told = picture
      return latest
    }
  }
}
