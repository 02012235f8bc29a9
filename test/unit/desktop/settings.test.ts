import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DEFAULT_SETTINGS } from '../../../main/settings/schema.ts'
import { SettingsStore } from '../../../main/settings/store.ts'
import { openingBounds } from '../../../main/windows/bounds.ts'
import { tempDir } from '../../support/temp-dir.ts'

const SCREEN = { x: 0, y: 0, width: 1920, height: 1080 }

describe('window state', () => {
  test('DESK-7 the window opens where it was, as far as a screen shows that place', () => {
    const place = { x: 100, y: 50, width: 1200, height: 700 }
    expect(openingBounds(place, [SCREEN])).toEqual(place)
    expect(openingBounds({ ...place, x: 2000 }, [SCREEN, { ...SCREEN, x: 1920 }])).toMatchObject({ x: 2000 })
    for (const gone of [{ x: 2000 }, { x: -1190 }, { y: -10 }, { y: 1079 }]) {
      expect(openingBounds({ ...place, ...gone }, [SCREEN])).toEqual({ width: 1280, height: 800 })
    }
    expect(openingBounds({ ...place, width: 9000, height: 1 }, [SCREEN])).toMatchObject({ width: 1920, height: 640 })
    expect(openingBounds(undefined, [SCREEN])).toEqual({ width: 1280, height: 800 })
    expect(openingBounds(place, [])).toEqual({ width: 1280, height: 800 })
  })
})

describe('settings', () => {
  test('DESK-8 what was changed is there after the next start, and nothing else lies beside it', async () => {
    const folder = await tempDir()
    const path = join(folder, 'app', 'settings.json')
    const problems: string[] = []
    const store = new SettingsStore({ onProblem: (what) => problems.push(what) }, path)
    store.load()
    expect(store.value).toEqual(DEFAULT_SETTINGS)
    store.change({ window: { x: 1, y: 2, width: 1100, height: 700 } })
    store.change({ maximized: true })
    store.flush()
    const again = new SettingsStore({ onProblem: (what) => problems.push(what) }, path)
    again.load()
    expect(again.value).toEqual({
      ...DEFAULT_SETTINGS,
      window: { x: 1, y: 2, width: 1100, height: 700 },
      maximized: true,
    })
    expect(await readdir(join(folder, 'app'))).toEqual(['settings.json'])
    expect(problems).toEqual([])
  })

  test('DESK-8 a damaged part becomes its default; a damaged file is told and left alone', async () => {
    const path = join(await tempDir(), 'settings.json')
    const problems: string[] = []
    const load = async (text: string) => {
      await writeFile(path, text)
      const store = new SettingsStore({ onProblem: (what) => problems.push(what) }, path)
      store.load()
      return store.value
    }
    const partly = { window: { x: 'left' }, maximized: true, externalOrigins: ['http://a', 'javascript:'], other: 1 }
    expect(await load(JSON.stringify(partly))).toEqual({ ...DEFAULT_SETTINGS, maximized: true })
    expect(problems).toEqual([])
    expect(await load('{"maximized":')).toEqual(DEFAULT_SETTINGS)
    expect(problems).toHaveLength(1)
    expect(await readFile(path, 'utf8')).toBe('{"maximized":')
  })
})
