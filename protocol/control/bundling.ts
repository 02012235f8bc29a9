export interface BundleExportRequest {
  readonly channel: string
  /** Absolute path of the file to be written. */
  readonly file: string
  /** Only what the hosts of these sites lack by their last reports; none for everything. */
  readonly sites: readonly string[]
}

export interface BundleImportRequest {
  /** Absolute path. */
  readonly file: string
}

export interface BundleProgress {
  readonly chunks: number
  readonly totalChunks: number
  /** Plain bytes. */
  readonly bytes: number
  readonly totalBytes: number
}

export interface BundleResult {
  readonly channel: string
  readonly sequence: number
  /** `sha256-…`. */
  readonly manifest: string
  readonly file: string
  readonly records: number
  readonly chunks: number
  /** Plain bytes of the chunks. */
  readonly bytes: number
  /** Chunks that were there already: of an export that goes on, or in the home of an import. */
  readonly reusedChunks: number
}
