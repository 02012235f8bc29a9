import { shot } from './shots.ts'
import type { StoryWindow } from './types.ts'

/** Plays a story in its windows; when it fails, what each of them shows is kept as a picture. */
export async function play<T>(windows: Readonly<Record<string, StoryWindow>>, story: () => Promise<T>): Promise<T> {
  try {
    return await story()
  } catch (err) {
    for (const [name, { page }] of Object.entries(windows)) await shot(page, `failed-${name}`)
    throw err
  }
}
