/** A step of a story on a busy machine; a quiet one needs a few seconds. */
export const PATIENCE_MS = 60_000
export const STORY_MS = 300_000
/** For expect.poll. */
export const PATIENCE = { timeout: PATIENCE_MS, interval: 250 }
export const SIZE = { width: 1280, height: 800 }
