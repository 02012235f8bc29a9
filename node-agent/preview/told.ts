import type { PreviewItem, PreviewRow } from '../../protocol/control/index.ts'
import { PREVIEW_LIMITS } from './limits.ts'

/** What one caller was told of a folder so far. */
export class Told {
  /** Rows as they were last sent, by path. */
  readonly rows = new Map<string, PreviewRow>()
  files = 0
  bytes = 0
  #atMs = Number.NEGATIVE_INFINITY

  /** Whether it is time to tell again; then it is not for a while. */
  isDue(): boolean {
    const nowMs = performance.now()
    if (nowMs - this.#atMs < PREVIEW_LIMITS.tellMs) return false
    this.#atMs = nowMs
    return true
  }

  progress(totalFiles: number | null): PreviewItem {
    return { kind: 'progress', files: this.files, bytes: this.bytes, totalFiles }
  }
}
